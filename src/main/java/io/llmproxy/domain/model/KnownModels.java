package io.llmproxy.domain.model;

import io.llmproxy.domain.model.Abilities.Ability;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What the models of the large providers can do, as their makers' model pages told in autumn 2025. What is not here is not known. */
public final class KnownModels {
    private static final String LIST = """
            gpt-3.5-turbo*          tools
            gpt-4                   tools
            gpt-4-turbo*            vision,tools
            gpt-4o*                 vision,tools
            gpt-4.1*                vision,tools
            gpt-4.5*                vision,tools
            gpt-5*                  vision,tools
            chatgpt-4o*             vision
            o1                      vision,tools
            o1-20*                  vision,tools
            o1-mini*                none
            o1-preview*             none
            o1-pro*                 vision,tools
            o3                      vision,tools
            o3-20*                  vision,tools
            o3-pro*                 vision,tools
            o3-mini*                tools
            o4-mini*                vision,tools
            gpt-oss*                tools
            claude-3*               vision,tools
            claude-3-5-haiku*       vision,tools
            claude-opus-4*          vision,tools
            claude-sonnet-4*        vision,tools
            claude-haiku-4*         vision,tools
            gemini-*                vision,tools
            gemini-embedding*       none
            gemma-3*                vision
            gemma3*                 vision
            mistral-large*          tools
            mistral-medium*         tools
            mistral-medium-2505     vision,tools
            mistral-medium-2508     vision,tools
            mistral-medium-latest   vision,tools
            mistral-small*          tools
            mistral-small-2503      vision,tools
            mistral-small-2506      vision,tools
            mistral-small-latest    vision,tools
            magistral-*             tools
            ministral-*             tools
            codestral*              tools
            devstral*               tools
            pixtral*                vision,tools
            open-mistral-nemo*      tools
            command-r*              tools
            command-a*              tools
            command-a-vision*       vision
            grok-2-vision*          vision
            grok-3*                 tools
            grok-4*                 vision,tools
            grok-code*              tools
            deepseek-chat*          tools
            deepseek-reasoner*      none
            kimi-k2*                tools
            llama-3.1*              tools
            llama-3.3*              tools
            llama3.1*               tools
            llama3.2*               tools
            llama3.2-vision*        vision
            llama3.3*               tools
            llama-4*                vision,tools
            llama4*                 vision,tools
            llava*                  vision
            bakllava*               vision
            minicpm-v*              vision
            moondream*              vision
            qwen2.5*                tools
            qwen2.5vl*              vision
            qwen2.5-vl*             vision
            qwen3*                  tools
            qwen3-vl*               vision,tools
            """;

    private static final Abilities KNOWN = new Abilities(read());

    private KnownModels() {}

    private static Map<String, String> read() {
        Map<String, String> texts = new HashMap<>();
        LIST.lines().forEach(line -> {
            String[] parts = line.split(" +", -1);
            texts.put(parts[0], parts[1]);
        });
        return texts;
    }

    /**
     * What a model can do: by what its operator says of it, else by this list, in which a router's name for it ({@code maker/model}) is
     * looked up without the maker.
     */
    public static Set<Ability> of(Abilities declared, String model) {
        Set<Ability> told = declared.of(model);
        if (told == null) {
            told = KNOWN.of(model.substring(model.lastIndexOf('/') + 1));
        }
        return told == null ? Set.of() : told;
    }
}
