package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderApi;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.Quirk;
import io.llmproxy.testing.WrittenPart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The table of docs/providers.md says what the code does; with {@code -Dgolden.write=true} it is written anew. */
class CapabilitiesTest {
    private static final Path PAGE = Path.of("docs/providers.md");
    private static final String BEGIN = "<!-- capabilities: written by CapabilitiesTest -->\n";
    private static final String END = "<!-- end of capabilities -->";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String NONE = "";
    private static final String MESSAGES = "[{\"role\":\"user\",\"content\":\"x\"}]";
    private static final String IMAGE_URL = "data:image/png;base64,iVBORw0KGgo=";

    /**
     * The clients of a dialect.
     *
     * @param name what a heading calls them
     * @param own the formats of the providers that they are not translated to
     */
    private record Clients(String dialect, String name, Set<ProviderApi> own) {
        List<ProviderKind> providers() {
            return Arrays.stream(ProviderKind.values()).filter(this::translated).toList();
        }

        private boolean translated(ProviderKind kind) {
            boolean spoken = own.contains(kind.api()) || kind.api() == ProviderApi.SIMULATED;
            return !spoken || dialect.equals("responses") && kind.has(Quirk.NO_RESPONSES);
        }
    }

    private static final Set<ProviderApi> OPENAIS =
            EnumSet.of(ProviderApi.OPENAI, ProviderApi.AZURE, ProviderApi.OLLAMA);

    private static final List<Clients> CLIENTS = List.of(
            new Clients("openai", "OpenAI (`/v1/chat/completions`)", OPENAIS),
            new Clients("responses", "OpenAI (`/v1/responses`)", OPENAIS),
            new Clients("anthropic", "Anthropic", EnumSet.of(ProviderApi.ANTHROPIC)),
            new Clients("gemini", "Gemini", EnumSet.of(ProviderApi.GEMINI)),
            new Clients("ollama", "Ollama", EnumSet.of(ProviderApi.OLLAMA)));

    /**
     * @param said what the clients of a dialect say for it; nothing where their dialect has no such thing
     */
    private record Feature(String name, Map<String, String> said) {
        Feature with(String client, String members) {
            Map<String, String> all = new HashMap<>(said);
            all.put(client, members);
            return new Feature(name, all);
        }

        Feature responses(String members) {
            return with("responses", members);
        }

        Feature gemini(String members) {
            return with("gemini", members);
        }

        Feature ollama(String members) {
            return with("ollama", members);
        }
    }

    private static Feature of(String name, String openAi, String anthropic) {
        Map<String, String> said = new HashMap<>();
        if (!openAi.isEmpty()) {
            said.put("openai", openAi);
        }
        if (!anthropic.isEmpty()) {
            said.put("anthropic", anthropic);
        }
        return new Feature(name, said);
    }

    private static String contents(String part) {
        return "\"contents\":[{\"parts\":[" + part + "]}]";
    }

    private static String inline(String type) {
        return contents("{\"inlineData\":{\"mimeType\":\"" + type + "\",\"data\":\"\"}}");
    }

    private static String at(String type, String uri) {
        return contents("{\"fileData\":{\"mimeType\":\"" + type + "\",\"fileUri\":\"" + uri + "\"}}");
    }

    private static String config(String member) {
        return "\"generationConfig\":{" + member + "}";
    }

    private static String options(String member) {
        return "\"options\":{" + member + "}";
    }

    private static String item(String part) {
        return "\"input\":[{\"role\":\"user\",\"content\":[" + part + "]}]";
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

    private static final String RESPONSES_TOOLS =
            "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{}}]";
    private static final String GEMINI_TOOLS = "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]";
    private static final String OPENAI_CALL =
            "{\"id\":\"%s\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}";
    private static final String ANTHROPIC_CALL = "{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"f\",\"input\":{}}";
    private static final String RESPONSES_CALL =
            "{\"type\":\"function_call\",\"call_id\":\"%s\",\"name\":\"f\",\"arguments\":\"{}\"}";

    private static Feature choice(String name, String openAi, String anthropic, String gemini) {
        return of(
                        name,
                        "\"tool_choice\":" + openAi + ",\"tools\":[" + OPENAI_TOOL + "]",
                        "\"tool_choice\":" + anthropic + ",\"tools\":[" + ANTHROPIC_TOOL + "]")
                .responses("\"tool_choice\":" + openAi + "," + RESPONSES_TOOLS)
                .gemini("\"toolConfig\":{\"functionCallingConfig\":{" + gemini + "}}," + GEMINI_TOOLS);
    }

    private static final List<Feature> FEATURES = List.of(
            of("system message", "\"messages\":[{\"role\":\"system\",\"content\":\"s\"}]", "\"system\":\"s\"")
                    .responses("\"instructions\":\"s\"")
                    .gemini("\"systemInstruction\":{\"parts\":[{\"text\":\"s\"}]}")
                    .ollama("\"messages\":[{\"role\":\"system\",\"content\":\"s\"}]"),
            of("developer message", "\"messages\":[{\"role\":\"developer\",\"content\":\"s\"}]", NONE)
                    .responses("\"input\":[{\"role\":\"developer\",\"content\":\"s\"}]"),
            of(
                            "image, bytes",
                            part("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + IMAGE_URL + "\"}}"),
                            part("{\"type\":\"image\","
                                    + source("\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\"") + "}"))
                    .responses(item("{\"type\":\"input_image\",\"image_url\":\"" + IMAGE_URL + "\"}"))
                    .gemini(inline("image/png"))
                    .ollama("\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":[\"iVBORw0KGgo=\"]}]"),
            of(
                            "image, URL",
                            part("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://e\"}}"),
                            part("{\"type\":\"image\"," + source("\"type\":\"url\",\"url\":\"https://e\"") + "}"))
                    .responses(item("{\"type\":\"input_image\",\"image_url\":\"https://e\"}"))
                    .gemini(at("image/png", "https://e")),
            of(
                            "PDF, bytes",
                            part("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,\"}}"),
                            part("{\"type\":\"document\","
                                    + source("\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"\"")
                                    + "}"))
                    .responses(item("{\"type\":\"input_file\",\"file_data\":\"data:application/pdf;base64,\"}"))
                    .gemini(inline("application/pdf")),
            of(
                            "PDF, URL",
                            NONE,
                            part("{\"type\":\"document\"," + source("\"type\":\"url\",\"url\":\"https://e\"") + "}"))
                    .responses(item("{\"type\":\"input_file\",\"file_url\":\"https://e\"}"))
                    .gemini(at("application/pdf", "https://e")),
            of(
                            "plain text document",
                            part("{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain;base64,\"}}"),
                            part("{\"type\":\"document\"," + source("\"type\":\"text\",\"data\":\"t\"") + "}"))
                    .responses(item("{\"type\":\"input_file\",\"file_data\":\"data:text/plain;base64,\"}"))
                    .gemini(inline("text/plain")),
            of(
                            "stored file",
                            part("{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}"),
                            part("{\"type\":\"document\"," + source("\"type\":\"file\",\"file_id\":\"f\"") + "}"))
                    .responses(item("{\"type\":\"input_file\",\"file_id\":\"f\"}"))
                    .gemini(at("application/pdf", "https://generativelanguage.googleapis.com/v1beta/files/f")),
            of("audio", part("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\",\"format\":\"wav\"}}"), NONE)
                    .responses(item("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\",\"format\":\"wav\"}}"))
                    .gemini(inline("audio/wav")),
            of(
                    "citations",
                    NONE,
                    part("{\"type\":\"document\",\"citations\":{\"enabled\":true},"
                            + source("\"type\":\"text\",\"data\":\"\"") + "}")),
            of(
                    "cache control",
                    part("{\"type\":\"text\",\"text\":\"t\",\"cache_control\":{\"type\":\"ephemeral\"}}"),
                    part("{\"type\":\"text\",\"text\":\"t\",\"cache_control\":{\"type\":\"ephemeral\"}}")),
            of("tools", "\"tools\":[" + OPENAI_TOOL + "]", "\"tools\":[" + ANTHROPIC_TOOL + "]")
                    .responses("\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{}}]")
                    .gemini("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]")
                    .ollama("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]"),
            choice("tool choice: auto", "\"auto\"", "{\"type\":\"auto\"}", "\"mode\":\"AUTO\""),
            choice("tool choice: none", "\"none\"", "{\"type\":\"none\"}", "\"mode\":\"NONE\""),
            choice("tool choice: any, required", "\"required\"", "{\"type\":\"any\"}", "\"mode\":\"ANY\""),
            choice(
                            "tool choice: a named tool",
                            "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
                            "{\"type\":\"tool\",\"name\":\"f\"}",
                            "\"mode\":\"ANY\",\"allowedFunctionNames\":[\"f\"]")
                    .responses("\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}," + RESPONSES_TOOLS),
            of(
                            "calls of several tools at once",
                            "\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[" + OPENAI_CALL.formatted("a") + ","
                                    + OPENAI_CALL.formatted("b")
                                    + "]},{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"1\"},"
                                    + "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"2\"}],\"tools\":["
                                    + OPENAI_TOOL + "]",
                            "\"messages\":[{\"role\":\"assistant\",\"content\":[" + ANTHROPIC_CALL.formatted("a") + ","
                                    + ANTHROPIC_CALL.formatted("b")
                                    + "]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\"},"
                                    + "{\"type\":\"tool_result\",\"tool_use_id\":\"b\"}]}],\"tools\":[" + ANTHROPIC_TOOL
                                    + "]")
                    .responses("\"input\":[" + RESPONSES_CALL.formatted("a") + "," + RESPONSES_CALL.formatted("b")
                            + ",{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"1\"},"
                            + "{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":\"2\"}],"
                            + RESPONSES_TOOLS)
                    .gemini("\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"}},"
                            + "{\"functionCall\":{\"name\":\"f\"}}]},{\"parts\":[{\"functionResponse\":{\"name\":\"f\","
                            + "\"response\":{}}},{\"functionResponse\":{\"name\":\"f\",\"response\":{}}}]}],"
                            + GEMINI_TOOLS)
                    .ollama("\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}},"
                            + "{\"function\":{\"name\":\"f\"}}]},{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"1\"},"
                            + "{\"role\":\"tool\",\"tool_name\":\"f\",\"content\":\"2\"}],\"tools\":[" + OPENAI_TOOL
                            + "]"),
            of(
                            "image in a tool's result",
                            NONE,
                            "\"messages\":[{\"role\":\"assistant\",\"content\":[" + ANTHROPIC_CALL.formatted("a")
                                    + "]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\","
                                    + "\"content\":[{\"type\":\"image\","
                                    + source("\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\"")
                                    + "}]}]}],\"tools\":[" + ANTHROPIC_TOOL + "]")
                    .responses("\"input\":[" + RESPONSES_CALL.formatted("a")
                            + ",{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":"
                            + "[{\"type\":\"input_image\",\"image_url\":\"" + IMAGE_URL + "\"}]}]," + RESPONSES_TOOLS),
            of("streaming", "\"stream\":true", "\"stream\":true")
                    .responses("\"stream\":true")
                    .ollama("\"stream\":true"),
            of(
                            "one tool call at a time",
                            "\"parallel_tool_calls\":false,\"tools\":[" + OPENAI_TOOL + "]",
                            "\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true},\"tools\":["
                                    + ANTHROPIC_TOOL + "]")
                    .responses(
                            "\"parallel_tool_calls\":false,\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{}}]"),
            of(
                            "the provider's own tools",
                            "\"web_search_options\":{}",
                            "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]")
                    .responses("\"tools\":[{\"type\":\"web_search\"}]")
                    .gemini("\"tools\":[{\"googleSearch\":{}}]"),
            of(
                            "failed tool result",
                            NONE,
                            "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},"
                                    + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"\",\"is_error\":true}]}]")
                    .gemini(
                            "\"contents\":[{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]},{\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{\"error\":\"e\"}}}]}]"),
            of(
                            "JSON by schema",
                            "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":"
                                    + SCHEMA + "}}",
                            "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":" + SCHEMA + "}}")
                    .responses(
                            "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}")
                    .gemini(config(
                            "\"responseMimeType\":\"application/json\",\"responseSchema\":{\"type\":\"OBJECT\"}"))
                    .ollama("\"format\":{\"type\":\"object\"}"),
            of("any JSON", "\"response_format\":{\"type\":\"json_object\"}", NONE)
                    .responses("\"text\":{\"format\":{\"type\":\"json_object\"}}")
                    .gemini(config("\"responseMimeType\":\"application/json\""))
                    .ollama("\"format\":\"json\""),
            of("reasoning effort", "\"reasoning_effort\":\"high\"", "\"output_config\":{\"effort\":\"high\"}")
                    .responses("\"reasoning\":{\"effort\":\"high\"}")
                    .gemini(config("\"thinkingConfig\":{\"thinkingLevel\":\"HIGH\"}"))
                    .ollama("\"think\":\"high\""),
            of("thinking off", "\"reasoning_effort\":\"none\"", "\"thinking\":{\"type\":\"disabled\"}")
                    .responses("\"reasoning\":{\"effort\":\"none\"}")
                    .gemini(config("\"thinkingConfig\":{\"thinkingBudget\":0}"))
                    .ollama("\"think\":false"),
            of("thinking budget", NONE, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}")
                    .gemini(config("\"thinkingConfig\":{\"thinkingBudget\":2048}")),
            of(
                            "signed thoughts",
                            "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":"
                                    + "[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\"}]}]",
                            "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\","
                                    + "\"signature\":\"s\"}]}]")
                    .responses(
                            "\"input\":[{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"t\"}],\"encrypted_content\":\"s\"},{\"role\":\"user\",\"content\":\"x\"}]")
                    .gemini(
                            "\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"t\",\"thought\":true,\"thoughtSignature\":\"cw==\"},{\"text\":\"a\"}]}]"),
            of("temperature up to 1", "\"temperature\":0.5", "\"temperature\":0.5")
                    .responses("\"temperature\":0.5")
                    .gemini(config("\"temperature\":0.5"))
                    .ollama(options("\"temperature\":0.5")),
            of("temperature above 1", "\"temperature\":1.5", NONE)
                    .responses("\"temperature\":1.5")
                    .gemini(config("\"temperature\":1.5"))
                    .ollama(options("\"temperature\":1.5")),
            of("top_p", "\"top_p\":0.5", "\"top_p\":0.5")
                    .responses("\"top_p\":0.5")
                    .gemini(config("\"topP\":0.5"))
                    .ollama(options("\"top_p\":0.5")),
            of("top_k", "\"top_k\":5", "\"top_k\":5")
                    .gemini(config("\"topK\":5"))
                    .ollama(options("\"top_k\":5")),
            of("stop sequences", "\"stop\":[\"a\"]", "\"stop_sequences\":[\"a\"]")
                    .gemini(config("\"stopSequences\":[\"a\"]"))
                    .ollama(options("\"stop\":[\"a\"]")),
            of("seed", "\"seed\":1", NONE).gemini(config("\"seed\":1")).ollama(options("\"seed\":1")),
            of("several answers", "\"n\":2", NONE).gemini(config("\"candidateCount\":2")),
            of("log probabilities", "\"logprobs\":true", NONE)
                    .responses("\"include\":[\"message.output_text.logprobs\"]")
                    .gemini(config("\"responseLogprobs\":true"))
                    .ollama("\"logprobs\":true"),
            of("likeliest tokens", "\"logprobs\":true,\"top_logprobs\":2", NONE)
                    .responses("\"top_logprobs\":2")
                    .gemini(config("\"responseLogprobs\":true,\"logprobs\":2"))
                    .ollama("\"logprobs\":true,\"top_logprobs\":2"),
            of("penalties", "\"presence_penalty\":0.5", NONE)
                    .gemini(config("\"presencePenalty\":0.5"))
                    .ollama(options("\"presence_penalty\":0.5")),
            of("logit bias", "\"logit_bias\":{\"1\":1}", NONE),
            of("user", "\"user\":\"u\"", "\"metadata\":{\"user_id\":\"u\"}").responses("\"user\":\"u\""),
            of("service tier", "\"service_tier\":\"default\"", "\"service_tier\":\"standard_only\"")
                    .responses("\"service_tier\":\"default\""),
            of("stored answer", "\"store\":true", NONE).responses("\"store\":true"),
            of("earlier response", NONE, NONE).responses("\"previous_response_id\":\"r\""),
            of("safety settings", NONE, NONE)
                    .gemini("\"safetySettings\":[{\"category\":\"c\",\"threshold\":\"BLOCK_LOW_AND_ABOVE\"}]"),
            of("cached content", NONE, NONE).gemini("\"cachedContent\":\"c\""),
            of("other sampling (`min_p`, `repeat_penalty`)", NONE, NONE).ollama(options("\"min_p\":0.1")),
            of("how the model is run (`num_ctx`, `keep_alive`)", NONE, NONE).ollama("\"keep_alive\":\"5m\""));

    private static String asked(String client, String members) {
        String begin = "{\"model\":\"claude-x\"" + (members.isEmpty() ? "" : "," + members);
        return switch (client) {
            case "openai", "anthropic" -> begin + ",\"max_tokens\":9000" + unless(members, "messages", MESSAGES) + "}";
            case "ollama" -> begin + unless(members, "messages", MESSAGES) + "}";
            case "responses" -> begin + ",\"max_output_tokens\":9000" + unless(members, "input", "\"x\"") + "}";
            case "gemini" -> begin + unless(members, "contents", "[{\"parts\":[{\"text\":\"x\"}]}]") + "}";
            default -> throw new AssertionError(client);
        };
    }

    private static String unless(String members, String name, String value) {
        return members.contains("\"" + name + "\":") ? "" : ",\"" + name + "\":" + value;
    }

    private static String verdict(String client, String provider, String members) {
        ProviderDialect to = Dialects.provider(provider);
        // one family of Bedrock's models can do more than others
        String model = provider.equals("bedrock") ? "anthropic.claude-x" : "claude-x";
        String json = asked(client, members).replace("claude-x", model);
        Notes notes = new Notes("it", false);
        try {
            ChatRequest request = Dialects.client(client).readRequest(JSON.readTree(json), Operation.CHAT, notes);
            CannedProvider account = new CannedProvider(
                    Dialects.kind(provider), 200, new io.llmproxy.domain.HeaderFields(), new byte[0]);
            to.writeRequest(request, account.account(), notes);
        } catch (ProxyException e) {
            assertThat(e.error()).isInstanceOf(ProxyError.Unsupported.class);
            return "refused";
        }
        return notes.warning() == null ? "yes" : "without effect";
    }

    /** What a client has, by name, as far as its dialect has it; and how a provider takes each. */
    private static List<String> verdicts(Clients clients, ProviderKind kind) {
        return FEATURES.stream()
                .map(f -> f.said().get(clients.dialect()))
                .filter(Objects::nonNull)
                .map(members -> verdict(clients.dialect(), kind.word(), members))
                .toList();
    }

    /** Providers that take everything alike share a column. */
    private static String tables() {
        StringBuilder out = new StringBuilder();
        for (Clients clients : CLIENTS) {
            Map<List<String>, List<String>> columns = new LinkedHashMap<>();
            for (ProviderKind kind : clients.providers()) {
                columns.computeIfAbsent(verdicts(clients, kind), v -> new ArrayList<>())
                        .add("`" + kind.word() + "`");
            }
            out.append("\n| ").append(clients.name()).append(" client → |");
            columns.values()
                    .forEach(same ->
                            out.append(" ").append(String.join(", ", same)).append(" |"));
            out.append("\n|---|").append("---|".repeat(columns.size())).append("\n");
            List<Feature> features = FEATURES.stream()
                    .filter(f -> f.said().containsKey(clients.dialect()))
                    .toList();
            for (int i = 0; i < features.size(); i++) {
                out.append("| ").append(features.get(i).name()).append(" |");
                for (List<String> column : columns.keySet()) {
                    out.append(" ").append(column.get(i)).append(" |");
                }
                out.append("\n");
            }
        }
        return out.append("\n").toString();
    }

    @Test
    void theTableIsTrue() throws IOException {
        WrittenPart.check(PAGE, BEGIN, END, tables());
    }
}
