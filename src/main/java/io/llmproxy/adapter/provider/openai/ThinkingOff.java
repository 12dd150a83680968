package io.llmproxy.adapter.provider.openai;

import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.Quirk;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a model of a server of OpenAI's kind is told not to think: which value of {@code reasoning_effort} each of OpenAI's own takes is
 * in its reference of models. What others serve is not known by its name, and many refuse the field.
 *
 * @param effort null: nothing is said
 * @param told whether the model may think all the same, which the client is told
 */
record ThinkingOff(@Nullable String effort, boolean told) {
    private static final ThinkingOff UNHEARD = new ThinkingOff(null, true);
    private static final ThinkingOff UNNEEDED = new ThinkingOff(null, false);

    /** Chosen by their makers to think always. */
    private static final Pattern ALWAYS = Pattern.compile("gpt-5.*(pro|codex|chat).*|o[0-9].*|gpt-oss.*|codex.*");

    private static final Pattern NONE = Pattern.compile("gpt-5\\.[0-9].*");
    private static final Pattern MINIMAL = Pattern.compile("gpt-5(-.*)?");
    private static final Pattern NEVER = Pattern.compile("gpt-[34].*|chatgpt-.*|ft:gpt-[34].*");

    static ThinkingOff of(ProviderKind kind, String model) {
        String name = model.toLowerCase(Locale.ROOT);
        if (kind == ProviderKind.OPENAI || kind == ProviderKind.AZURE) {
            return openAis(name);
        }
        if (kind.has(Quirk.KNOWN_FIELDS_ONLY)) {
            return name.startsWith("magistral") ? UNHEARD : UNNEEDED;
        }
        // it takes one field for the models of all makers
        return kind == ProviderKind.OPENROUTER ? new ThinkingOff("none", false) : UNHEARD;
    }

    private static ThinkingOff openAis(String name) {
        if (ALWAYS.matcher(name).matches()) {
            return UNHEARD;
        }
        if (NONE.matcher(name).matches()) {
            return new ThinkingOff("none", false);
        }
        if (MINIMAL.matcher(name).matches()) {
            return new ThinkingOff("minimal", false);
        }
        // a deployment may be called anything
        return NEVER.matcher(name).matches() ? UNNEEDED : UNHEARD;
    }
}
