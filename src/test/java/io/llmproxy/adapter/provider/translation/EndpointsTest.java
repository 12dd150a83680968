package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.testing.WrittenPart;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The table of docs/providers.md of what is no conversation says what the code does; with {@code -Dgolden.write=true} it is
 * written anew.
 */
class EndpointsTest {
    private static final Path PAGE = Path.of("docs/providers.md");
    private static final String BEGIN = "<!-- endpoints: written by EndpointsTest -->\n";
    private static final String END = "<!-- end of endpoints -->";

    /**
     * @param path below {@code /v1}
     */
    private record Asked(String name, String path, String body) {}

    private static Asked openAi(String name, String path, String members) {
        return new Asked(name, path, "{\"model\":\"m\"," + members + "}");
    }

    private static final List<Asked> ALL = List.of(
            openAi("`/v1/embeddings`: texts", "/embeddings", "\"input\":[\"a\",\"b\"]"),
            openAi("the same, in base64", "/embeddings", "\"input\":\"a\",\"encoding_format\":\"base64\""),
            openAi("the same, with `dimensions`", "/embeddings", "\"input\":\"a\",\"dimensions\":256"),
            openAi("the same, tokens by their numbers", "/embeddings", "\"input\":[1,2]"),
            new Asked(
                    "Gemini's `:embedContent`",
                    "/models/m:embedContent",
                    "{\"content\":{\"parts\":[{\"text\":\"a\"}]}}"),
            new Asked(
                    "Gemini's `:batchEmbedContents`",
                    "/models/m:batchEmbedContents",
                    "{\"requests\":[{\"model\":\"models/m\",\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}"),
            openAi("Ollama's `/api/embed`", "/api/embed", "\"input\":\"a\""),
            openAi("Ollama's `/api/embeddings`", "/api/embeddings", "\"prompt\":\"a\""),
            openAi("`/v1/responses/input_tokens`", "/responses/input_tokens", "\"input\":\"a\""),
            openAi(
                    "Anthropic's `/v1/messages/count_tokens`",
                    "/messages/count_tokens",
                    "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]"),
            new Asked(
                    "Gemini's `:countTokens`",
                    "/models/m:countTokens",
                    "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}"),
            openAi("`/v1/completions`", "/completions", "\"prompt\":\"a\""),
            openAi("`/v1/moderations`", "/moderations", "\"input\":\"a\""),
            openAi("`/v1/images/generations`", "/images/generations", "\"prompt\":\"a\""),
            openAi("`/v1/audio/speech`", "/audio/speech", "\"input\":\"a\",\"voice\":\"v\""),
            openAi("`/v1/rerank`", "/rerank", "\"query\":\"a\",\"documents\":[\"b\"]"));

    /** As an operator would have made it, with the least that the type wants. */
    private static ProviderAccount account(ProviderKind kind) {
        if (kind == ProviderKind.SIMULATED) {
            return Accounts.account(kind, "simulated:?tokens=1");
        }
        String url = kind.defaultBaseUrl() == null ? "https://api.example.com/v1" : kind.defaultBaseUrl();
        return Accounts.account(kind, URI.create(url).toString());
    }

    private static String verdict(Provider provider, Asked asked) {
        // one family of Bedrock's models makes embeddings
        String model = provider.account().kind() == ProviderKind.BEDROCK ? "amazon.titan-embed-text-v2:0" : "m";
        String json = asked.body().replace("\"m\"", "\"" + model + "\"");
        RequestBody body = RequestBody.of(json.getBytes(StandardCharsets.UTF_8));
        String path = asked.path().replace("/m:", "/" + model + ":");
        HeaderFields fields = HeaderFields.of("Content-Type", "application/json");
        try {
            ProviderCall call =
                    provider.call(new UpstreamRequest("POST", path, false, null, fields, body, model, null));
            return switch (call.getClass().getSimpleName()) {
                case "TranslatedCall" -> "translated";
                case "CountedCall" -> "counted here";
                default -> "as it is";
            };
        } catch (ProxyException e) {
            assertThat(e.error().status())
                    .as("%s of %s", asked.name(), provider.account().kind())
                    .isEqualTo(400);
            return "refused";
        }
    }

    private static String table() {
        Map<List<String>, List<String>> columns = new LinkedHashMap<>();
        for (ProviderKind kind : ProviderKind.values()) {
            Provider provider = Accounts.providers(Map.of()).open(account(kind));
            List<String> verdicts =
                    ALL.stream().map(asked -> verdict(provider, asked)).toList();
            columns.computeIfAbsent(verdicts, v -> new ArrayList<>()).add("`" + kind.word() + "`");
            provider.retire();
        }
        StringBuilder out = new StringBuilder("\n| any client → |");
        columns.values()
                .forEach(same -> out.append(" ").append(String.join(", ", same)).append(" |"));
        out.append("\n|---|").append("---|".repeat(columns.size())).append("\n");
        for (int i = 0; i < ALL.size(); i++) {
            out.append("| ").append(ALL.get(i).name()).append(" |");
            for (List<String> column : columns.keySet()) {
                out.append(" ").append(column.get(i)).append(" |");
            }
            out.append("\n");
        }
        return out.append("\n").toString();
    }

    @Test
    void theTableIsTrue() throws IOException {
        WrittenPart.check(PAGE, BEGIN, END, table());
    }
}
