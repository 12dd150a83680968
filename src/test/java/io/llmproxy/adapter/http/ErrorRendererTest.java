package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The texts of errors, byte for byte, as the contract and the clients' libraries want them. */
class ErrorRendererTest {
    private static final ProxyError MISSING =
            new ProxyError.NotFound("model_not_found", "No model \"x\\y\"\nhere.", "model");
    private static final ProxyError LIMIT =
            new ProxyError.LimitExceeded("config:ip", "ip", "requests", 50, "minute", 12);

    private final ErrorRenderer renderer = new ErrorRenderer();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "OPENAI    | {\"error\":{\"message\":\"No model \\\"x\\\\y\\\"\\nhere.\",\"type\":\"not_found_error\",\"param\":\"model\",\"code\":\"model_not_found\",\"request_id\":\"r\"}}",
                "AZURE     | {\"error\":{\"message\":\"No model \\\"x\\\\y\\\"\\nhere.\",\"type\":\"not_found_error\",\"param\":\"model\",\"code\":\"model_not_found\",\"request_id\":\"r\"}}",
                "ANTHROPIC | {\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"No model \\\"x\\\\y\\\"\\nhere.\"},\"request_id\":\"r\"}",
                "GEMINI    | {\"error\":{\"code\":404,\"message\":\"No model \\\"x\\\\y\\\"\\nhere.\",\"status\":\"NOT_FOUND\"}}",
                "OLLAMA    | {\"error\":\"No model \\\"x\\\\y\\\"\\nhere.\"}"
            })
    void writesEachDialectsForm(Dialect dialect, String expected) {
        assertThat(text(renderer.body(dialect, MISSING, "r"))).isEqualTo(expected);
    }

    @Test
    void tellsWhichLimitWasMetAndHowLongToWait() {
        String details = "\"limit\":{\"id\":\"config:ip\",\"scope\":\"ip\",\"metric\":\"requests\",\"amount\":50,"
                + "\"period\":\"minute\",\"reset_seconds\":12}";
        assertThat(body(Dialect.OPENAI, LIMIT, null))
                .isEqualTo(
                        "{\"error\":{\"message\":\"The ip limit of 50 requests per minute is reached; retry in 12 s.\","
                                + "\"type\":\"rate_limit_error\",\"param\":null,\"code\":\"rate_limit_exceeded\","
                                + "\"request_id\":null," + details + "},\"retryAfterSeconds\":12}");
        assertThat(body(Dialect.ANTHROPIC, LIMIT, "r"))
                .contains(
                        "\"type\":\"rate_limit_error\"", details + "},\"request_id\":\"r\",\"retryAfterSeconds\":12}");
        assertThat(body(Dialect.GEMINI, LIMIT, "r"))
                .contains("RESOURCE_EXHAUSTED", details, "\"retryAfterSeconds\":12");
        assertThat(body(Dialect.OLLAMA, LIMIT, "r"))
                .startsWith("{\"error\":\"The ip limit")
                .contains(details);
    }

    @Test
    void aBudgetThatIsUsedUpIsNotToBeTriedAgain() {
        ProxyError budget = new ProxyError.LimitExceeded("b", "tenant", "tokens", 1000, "day", 3600, 400, true);
        assertThat(body(Dialect.OPENAI, budget, null))
                .contains(
                        "The tenant limit of 1000 tokens per day, of which this request may take 400, is reached;"
                                + " it begins anew in 3600 s.",
                        "\"type\":\"insufficient_quota\"",
                        "\"code\":\"budget_exceeded\"",
                        "\"reset_seconds\":3600")
                .doesNotContain("retryAfterSeconds");
        assertThat(body(Dialect.ANTHROPIC, budget, null)).contains("\"type\":\"billing_error\"");
        assertThat(ErrorRenderer.fields(budget, HeaderFields.NONE).first("x-should-retry"))
                .contains("false");
        assertThat(ErrorRenderer.fields(budget, HeaderFields.NONE).contains("Retry-After"))
                .isFalse();
        assertThat(ErrorRenderer.fields(LIMIT, HeaderFields.NONE).contains("x-should-retry"))
                .isFalse();
    }

    @Test
    void writesTheErrorEventOfEachDialect() {
        ProxyError error = ProxyError.Upstream.timedOut("slow");
        assertThat(text(renderer.event(Dialect.OPENAI, error, "r")))
                .isEqualTo("data: {\"error\":{\"message\":\"slow\",\"type\":\"timeout_error\",\"param\":null,"
                        + "\"code\":\"upstream_timeout\",\"request_id\":\"r\"}}\n\n");
        assertThat(text(renderer.event(Dialect.ANTHROPIC, error, "r")))
                .isEqualTo("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"timeout_error\","
                        + "\"message\":\"slow\"},\"request_id\":\"r\"}\n\n");
        assertThat(text(renderer.event(Dialect.RESPONSES, error, "r")))
                .startsWith("event: error\ndata: {\"error\":{\"message\":\"slow\",")
                .endsWith(",\"type\":\"error\",\"code\":\"upstream_timeout\",\"message\":\"slow\",\"param\":null,"
                        + "\"sequence_number\":0}\n\n");
    }

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "999,1", "1000,1", "1001,2", "12500,13"})
    void roundsTheWaitUp(long millis, long seconds) {
        ProxyError error = new ProxyError.Upstream(503, "overloaded", "busy", Duration.ofMillis(millis));
        assertThat(ErrorRenderer.retryAfterSeconds(error)).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({
        "502,api_error",
        "503,overloaded_error",
        "504,timeout_error",
    })
    void translatesTheTypesThatAnthropicHasNot(int status, String type) {
        ProxyError error = new ProxyError.Upstream(status, "c", "m", null);
        assertThat(body(Dialect.ANTHROPIC, error, null)).contains("\"type\":\"" + type + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions,,OPENAI",
        "/v1/messages,,ANTHROPIC",
        "/v1/messages/count_tokens,,ANTHROPIC",
        "/v1/messagesx,,OPENAI",
        "/v1/models,,OPENAI",
        "/v1/models,anthropic-version,ANTHROPIC",
        "/v1/files/f1,anthropic-version,ANTHROPIC",
        "/v1/embeddings,anthropic-version,OPENAI",
        "/v1beta/models/g:generateContent,,GEMINI",
        "/api/chat,,OLLAMA",
        "/openai/deployments/d/chat/completions,,AZURE",
        "/v1/responses,,RESPONSES",
        "/v1/responses/r1/cancel,,RESPONSES",
        "/openai/v1/responses,,RESPONSES",
        "/openai/v1/files,,AZURE",
        "nonsense,,OPENAI",
    })
    void knowsADialectByPathAndHeader(String path, @Nullable String header, Dialect expected) {
        HeaderFields headers = header == null ? new HeaderFields() : HeaderFields.of(header, "2023-06-01");
        assertThat(Dialect.of(path, headers)).isEqualTo(expected);
    }

    private String body(Dialect dialect, ProxyError error, @Nullable String requestId) {
        return text(renderer.body(dialect, error, requestId));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
