package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The table of docs/providers.md says what the code does; with {@code -Dgolden.write=true} it is written anew. */
class CapabilitiesTest {
    private static final Path PAGE = Path.of("docs/providers.md");
    private static final String BEGIN = "<!-- capabilities: written by CapabilitiesTest -->\n";
    private static final String END = "<!-- end of capabilities -->";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String NONE = "";
    private static final String IMAGE_URL = "data:image/png;base64,iVBORw0KGgo=";

    /**
     * @param openAi what an OpenAI client says for it; empty: its dialect has no such thing
     * @param anthropic the same of an Anthropic client
     */
    private record Feature(String name, String openAi, String anthropic) {}

    private static Feature of(String name, String openAi, String anthropic) {
        return new Feature(name, openAi, anthropic);
    }

    /** A user's message with one part or block beside its text. */
    private static String part(String part) {
        return "\"messages\":[{\"role\":\"user\",\"content\":[" + part + "]}]";
    }

    private static String source(String source) {
        return "\"source\":{" + source + "}";
    }

    private static final String SCHEMA = "{\"type\":\"object\"}";
    private static final String OPENAI_TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}";
    private static final String ANTHROPIC_TOOL = "{\"name\":\"f\",\"input_schema\":{}}";

    private static final List<Feature> FEATURES = List.of(
            of("system message", "\"messages\":[{\"role\":\"system\",\"content\":\"s\"}]", "\"system\":\"s\""),
            of("developer message", "\"messages\":[{\"role\":\"developer\",\"content\":\"s\"}]", NONE),
            of(
                    "image, bytes",
                    part("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + IMAGE_URL + "\"}}"),
                    part("{\"type\":\"image\","
                            + source("\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\"") + "}")),
            of(
                    "image, URL",
                    part("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://e\"}}"),
                    part("{\"type\":\"image\"," + source("\"type\":\"url\",\"url\":\"https://e\"") + "}")),
            of(
                    "PDF, bytes",
                    part("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,\"}}"),
                    part("{\"type\":\"document\","
                            + source("\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"\"") + "}")),
            of(
                    "PDF, URL",
                    NONE,
                    part("{\"type\":\"document\"," + source("\"type\":\"url\",\"url\":\"https://e\"") + "}")),
            of(
                    "plain text document",
                    part("{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain;base64,\"}}"),
                    part("{\"type\":\"document\"," + source("\"type\":\"text\",\"data\":\"t\"") + "}")),
            of(
                    "stored file",
                    part("{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}"),
                    part("{\"type\":\"document\"," + source("\"type\":\"file\",\"file_id\":\"f\"") + "}")),
            of("audio", part("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\",\"format\":\"wav\"}}"), NONE),
            of(
                    "citations",
                    NONE,
                    part("{\"type\":\"document\",\"citations\":{\"enabled\":true},"
                            + source("\"type\":\"text\",\"data\":\"\"") + "}")),
            of(
                    "cache control",
                    part("{\"type\":\"text\",\"text\":\"t\",\"cache_control\":{\"type\":\"ephemeral\"}}"),
                    part("{\"type\":\"text\",\"text\":\"t\",\"cache_control\":{\"type\":\"ephemeral\"}}")),
            of("tools", "\"tools\":[" + OPENAI_TOOL + "]", "\"tools\":[" + ANTHROPIC_TOOL + "]"),
            of(
                    "tool choice",
                    "\"tool_choice\":\"required\",\"tools\":[" + OPENAI_TOOL + "]",
                    "\"tool_choice\":{\"type\":\"any\"},\"tools\":[" + ANTHROPIC_TOOL + "]"),
            of(
                    "one tool call at a time",
                    "\"parallel_tool_calls\":false,\"tools\":[" + OPENAI_TOOL + "]",
                    "\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true},\"tools\":["
                            + ANTHROPIC_TOOL + "]"),
            of(
                    "the provider's own tools",
                    "\"web_search_options\":{}",
                    "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"),
            of(
                    "failed tool result",
                    NONE,
                    "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},"
                            + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"\",\"is_error\":true}]}]"),
            of(
                    "JSON by schema",
                    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":" + SCHEMA
                            + "}}",
                    "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + SCHEMA + "}}"),
            of("any JSON", "\"response_format\":{\"type\":\"json_object\"}", NONE),
            of("reasoning effort", "\"reasoning_effort\":\"high\"", "\"output_config\":{\"effort\":\"high\"}"),
            of("thinking budget", NONE, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}"),
            of(
                    "signed thoughts",
                    "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":"
                            + "[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\"}]}]",
                    "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\","
                            + "\"signature\":\"s\"}]}]"),
            of("temperature up to 1", "\"temperature\":0.5", "\"temperature\":0.5"),
            of("temperature above 1", "\"temperature\":1.5", NONE),
            of("top_p", "\"top_p\":0.5", "\"top_p\":0.5"),
            of("top_k", "\"top_k\":5", "\"top_k\":5"),
            of("stop sequences", "\"stop\":[\"a\"]", "\"stop_sequences\":[\"a\"]"),
            of("seed", "\"seed\":1", NONE),
            of("several answers", "\"n\":2", NONE),
            of("log probabilities", "\"logprobs\":true", NONE),
            of("penalties", "\"presence_penalty\":0.5", NONE),
            of("logit bias", "\"logit_bias\":{\"1\":1}", NONE),
            of("user", "\"user\":\"u\"", "\"metadata\":{\"user_id\":\"u\"}"),
            of("service tier", "\"service_tier\":\"default\"", "\"service_tier\":\"standard_only\""),
            of("stored answer", "\"store\":true", NONE));

    private static String verdict(String client, String provider, String members) {
        String messages =
                members.contains("\"messages\"") ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
        // one family of Bedrock's models can do more than others
        String model = provider.equals("bedrock") ? "anthropic.claude-x" : "claude-x";
        String json = "{\"model\":\"" + model + "\",\"max_tokens\":9000" + messages + "," + members + "}";
        ProviderDialect to = Dialects.provider(provider);
        Notes notes = new Notes("it", false);
        try {
            ChatRequest request = Dialects.of(client).readRequest(JSON.readTree(json), Operation.CHAT, notes);
            CannedProvider account = new CannedProvider(
                    Dialects.kind(provider), 200, new io.llmproxy.domain.HeaderFields(), new byte[0]);
            to.writeRequest(request, account.account(), notes);
        } catch (ProxyException e) {
            assertThat(e.error()).isInstanceOf(ProxyError.Unsupported.class);
            return "refused";
        }
        return notes.warning() == null ? "yes" : "without effect";
    }

    /** For each client the types that its requests are translated for; what is not here speaks as one of them does, or as the client. */
    private static final List<String> OF_OPENAI = List.of("anthropic", "gemini", "cohere", "bedrock");

    private static final List<String> OF_ANTHROPIC =
            List.of("openai", "mistral", "gemini", "ollama", "cohere", "bedrock");

    private static String table() {
        return table("OpenAI", "openai", Feature::openAi, OF_OPENAI) + "\n"
                + table("Anthropic", "anthropic", Feature::anthropic, OF_ANTHROPIC);
    }

    private static String table(String name, String client, Function<Feature, String> asked, List<String> providers) {
        StringBuilder out = new StringBuilder("| client of " + name + "'s →");
        providers.forEach(provider -> out.append(" | `").append(provider).append('`'));
        out.append(" |\n|---").append("|---".repeat(providers.size())).append("|\n");
        for (Feature feature : FEATURES) {
            if (asked.apply(feature).isEmpty()) {
                continue;
            }
            out.append("| ").append(feature.name());
            providers.forEach(provider -> out.append(" | ").append(verdict(client, provider, asked.apply(feature))));
            out.append(" |\n");
        }
        return out.toString();
    }

    @Test
    void theTableIsTrue() throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        String table = table();
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(PAGE, page.substring(0, from) + table + page.substring(to));
        } else {
            assertThat(page.substring(from, to)).isEqualTo(table);
        }
    }
}
