package io.llmproxy.adapter.provider.translation;

import static io.llmproxy.adapter.provider.Accounts.account;
import static io.llmproxy.adapter.provider.Accounts.providers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is particular about a seller of OpenAI's format shows in what is translated for it, and in nothing else. */
class PresetsTest {
    private static final String BASIC =
            "\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
    private static final String SIGNED =
            "\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
                    + "\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"y\"}]},"
                    + "{\"role\":\"user\",\"content\":\"z\"}]";

    private static String written(String preset, String client, String json) {
        CannedProvider canned = new CannedProvider(
                Dialects.kind(preset), 200, HeaderFields.of("Content-Type", "application/json"), new byte[0]);
        try (ProviderCall _ = Dialects.call(Dialects.translating(canned, preset, false), client, json)) {
            return canned.body();
        }
    }

    private static String translated(String preset, String more) {
        return written(preset, "anthropic", "{" + BASIC + more + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "vllm|,\"top_k\":5|\"top_k\":5",
                "openrouter|,\"top_k\":5|\"top_k\":5",
                "groq|,\"stream\":true|\"include_usage\":true",
                "openai||\"max_completion_tokens\":9",
                "azure||\"max_completion_tokens\":9",
                "groq||\"max_tokens\":9",
                "mistral|,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"model\":\"magistral-small\"|\"prompt_mode\":\"reasoning\"",
                "xai|,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}|\"reasoning_effort\":\"low\"",
                "deepseek||\"max_tokens\":9"
            })
    void isToldWhatItKnows(String preset, String more, String expected) {
        assertThat(translated(preset, more == null ? "" : more)).contains(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "groq|\"top_k\":5|top_k",
                "perplexity|\"tools\":[{\"name\":\"f\",\"input_schema\":{}}]|tools",
                "deepseek|\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{}}}|response_format",
                "mistral|\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}|reasoning_effort",
                "mistral|\"top_k\":5|top_k"
            })
    void isRefusedWhatItDoesNotHave(String preset, String member, String parameter) {
        assertThatThrownBy(() -> translated(preset, "," + member)).isInstanceOfSatisfying(ProxyException.class, e -> {
            assertThat(e.error().param()).isEqualTo(parameter);
            assertThat(e.error().code()).isEqualTo("unsupported_parameter");
            assertThat(e.error().message()).contains("type " + preset);
        });
    }

    @ParameterizedTest
    @CsvSource({"openrouter,true", "custom,true", "groq,false", "vllm,false", "mistral,false", "openai,false"})
    void signedThoughtsGoToWhoTakesThem(String preset, boolean taken) {
        String json = "{\"model\":\"m\",\"max_tokens\":9," + SIGNED + "}";

        assertThat(written(preset, "anthropic", json).contains("reasoning_details"))
                .isEqualTo(taken);
    }

    @ParameterizedTest
    @CsvSource({
        "cerebras,/chat/completions",
        "nvidia,/chat/completions",
        "perplexity,/chat/completions",
        "deepseek,/chat/completions",
        "groq,/responses",
        "scaleway,/responses",
        "ovh,/responses",
        "custom,/responses"
    })
    void responsesAreTranslatedWhereThereAreNone(String preset, String path) throws IOException {
        try (FakeProvider up = FakeProvider.start()) {
            up.otherwise(Script.answer(404, "{}", "Content-Type", "application/json"));
            Provider provider = providers(Map.of())
                    .open(account(ProviderKind.parse(preset), up.baseUrl().toString()));
            UpstreamRequest request = new UpstreamRequest(
                    "POST",
                    "/responses",
                    false,
                    null,
                    new HeaderFields(),
                    RequestBody.of("{\"model\":\"m\",\"input\":\"x\"}".getBytes(StandardCharsets.UTF_8)));
            try (ProviderCall call = provider.call(request)) {
                assertThat(call.execute().status()).isEqualTo(404);
            } finally {
                provider.retire();
            }
            assertThat(up.requests()).extracting(FakeProvider.Request::path).containsExactly("/v1" + path);
        }
    }

    @Test
    void perplexitysStreamsAreNotAskedForTheirUsage() {
        assertThat(translated("perplexity", ",\"stream\":true")).doesNotContain("stream_options");
    }

    @Test
    void mistralGetsNothingThatItDoesNotKnow() {
        String body =
                translated("mistral", ",\"metadata\":{\"user_id\":\"u\"},\"service_tier\":\"auto\",\"stream\":true");

        assertThat(body).doesNotContain("\"user\":", "service_tier", "stream_options");
    }

    @Test
    void callAndResultKeepOneIdWhereIdsAreShort() {
        String id = "toolu_01A09q90qw90lq917835lq9";
        String json = "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"" + id
                + "\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                + "\"tool_use_id\":\"" + id + "\",\"content\":\"r\"}]}]}";
        String body = written("mistral", "anthropic", json);
        String shortened = body.replaceFirst("(?s).*\"tool_call_id\":\"([^\"]*)\".*", "$1");

        assertThat(shortened).matches("[A-Za-z0-9]{9}");
        assertThat(body).contains("{\"id\":\"" + shortened + "\"").doesNotContain(id);
        assertThat(written("mistral", "anthropic", json.replace(id, "abcDEF123")))
                .contains("\"id\":\"abcDEF123\"");
    }

    @Test
    void whatAClientOfOpenAisSaysGoesThroughWhateverThePreset() {
        String json = "{\"model\":\"m\",  \"top_k\":1,\"unknown\":[ ],\"tools\":[],\"messages\":[]}";

        for (ProviderKind kind : ProviderKind.values()) {
            if (kind.api() == io.llmproxy.domain.model.ProviderApi.OPENAI) {
                assertThat(written(kind.word(), "openai", json)).as(kind.word()).isEqualTo(json);
            }
        }
    }

    @Test
    void aTypeThatListsNoModelsHasThoseThatAreKnown() throws IOException {
        Provider provider = providers(Map.of()).open(account(ProviderKind.PERPLEXITY, "https://api.perplexity.ai"));
        UpstreamRequest request =
                new UpstreamRequest("GET", "/models", false, null, new HeaderFields(), RequestBody.NONE);
        try (ProviderCall call = provider.call(request)) {
            assertThat(call.execute().status()).isEqualTo(200);
            assertThat(new String(call.body().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("{\"object\":\"list\",\"data\":[{\"id\":\"sonar\",");
        } finally {
            provider.retire();
        }
    }
}
