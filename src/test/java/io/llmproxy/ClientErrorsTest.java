package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.Http;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** The gateway's own errors, limits and idempotency, to the clients of each API in their own form. */
class ClientErrorsTest {
    private static final String OPENAIS = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"%s\"}";
    private static final ClientBench BENCH = ClientBench.start("anthropic", "claude-*");

    /** A client, where it asks and what, and where the word for an error stands. */
    enum Caller {
        OPENAI("/v1/chat/completions", OPENAIS, "/error/type"),
        RESPONSES("/v1/responses", "{\"input\":\"x\",\"model\":\"%s\"}", "/error/type"),
        ANTHROPIC(
                "/v1/messages",
                "{\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"%s\"}",
                "/error/type"),
        GEMINI("/v1beta/models/%s:generateContent", "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}", "/error/status"),
        AZURE(
                "/openai/deployments/%s/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", "/error/type"),
        OLLAMA(
                "/api/chat",
                "{\"stream\":false,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"%s\"}",
                "/error");

        private final String path;
        private final String body;
        private final String word;

        Caller(String path, String body, String word) {
            this.path = path;
            this.body = body;
            this.word = word;
        }

        /** The same with another word in it. */
        HttpRequest.Builder askingOtherwise(Http http, String model) {
            return http.request(path.formatted(model))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            body.formatted(model).replace("\"x\"", "\"y\"")));
        }

        HttpRequest.Builder asking(Http http, String model) {
            return http.request(path.formatted(model))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body.formatted(model)));
        }

        HttpResponse<String> ask(Http http, String model) {
            return http.send(asking(http, model));
        }

        /** The word for an error in a client's form: that of OpenAI's, Anthropic's or Google's; Ollama has none. */
        void says(HttpResponse<String> answer, int status, String openAis, String anthropics, String googles) {
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
            JsonNode said = Http.json(answer).at(word);
            assertThat(said.isString()).as(answer.body()).isTrue();
            switch (this) {
                case OPENAI, RESPONSES, AZURE -> assertThat(said.stringValue()).isEqualTo(openAis);
                case ANTHROPIC -> assertThat(said.stringValue()).isEqualTo(anthropics);
                case GEMINI -> assertThat(said.stringValue()).isEqualTo(googles);
                case OLLAMA -> assertThat(said.stringValue()).isNotEmpty();
            }
        }
    }

    @AfterAll
    static void stop() {
        BENCH.close();
    }

    @ParameterizedTest
    @EnumSource
    void aStrangerIsRefused(Caller caller) {
        try (Http stranger = new Http(BENCH.gateway(), "llmp_nobody")) {
            caller.says(
                    caller.ask(stranger, "m"), 401, "authentication_error", "authentication_error", "UNAUTHENTICATED");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aModelThatTheKeyMayNotUse(Caller caller) {
        Http scoped = BENCH.http("--models", "other-*");
        int before = BENCH.sent();

        caller.says(
                caller.ask(scoped, "gpt-4o-mini"), 403, "permission_error", "permission_error", "PERMISSION_DENIED");
        assertThat(BENCH.sent()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource
    void aModelOfNobody(Caller caller) {
        Http scoped = BENCH.http("--providers", "behind");

        caller.says(
                caller.ask(scoped, "gpt-4o-mini"), 403, "permission_error", "permission_error", "PERMISSION_DENIED");
    }

    @ParameterizedTest
    @EnumSource
    void aLimitAndABudgetThatAreUsedUp(Caller caller) {
        try (Http http = limited(caller, "requests", "hour")) {
            assertThat(caller.ask(http, "gpt-4o-mini").statusCode()).isEqualTo(200);
            HttpResponse<String> refused = caller.ask(http, "gpt-4o-mini");
            caller.says(refused, 429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
        }
        try (Http http = limited(caller, "tokens", "month")) {
            caller.ask(http, "gpt-4o-mini");
            caller.says(
                    caller.ask(http, "gpt-4o-mini"), 402, "insufficient_quota", "billing_error", "RESOURCE_EXHAUSTED");
        }
    }

    private static Http limited(Caller caller, String metric, String per) {
        String name = metric + "-" + caller.name().toLowerCase(Locale.ROOT);
        String secret = BENCH.ctl("key", "create", name, "-q");
        limit(name, metric, "1", per);
        return new Http(BENCH.gateway(), secret);
    }

    private static void limit(String key, String metric, String amount, String per) {
        BENCH.ctl("limit", "set", "--scope", "key=" + key, "--metric", metric, "--amount", amount, "--per", per);
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerIsReplayed(Caller caller) {
        Http http = BENCH.http();
        String once = "once-" + caller;
        HttpResponse<String> first =
                http.send(caller.asking(http, "gpt-4o-mini").header("Idempotency-Key", once));
        int sent = BENCH.sent();
        HttpResponse<String> second =
                http.send(caller.asking(http, "gpt-4o-mini").header("Idempotency-Key", once));

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.headers().firstValue("idempotency-replayed")).contains("true");
        assertThat(BENCH.sent()).isEqualTo(sent);
        caller.says(
                http.send(caller.askingOtherwise(http, "gpt-4o-mini").header("Idempotency-Key", once)),
                409,
                "idempotency_conflict",
                "invalid_request_error",
                "ABORTED");
    }

    @ParameterizedTest
    @EnumSource
    void whatCostsIsKnownToTheLedger(Caller caller) {
        HttpResponse<String> answer = caller.ask(BENCH.http(), "gpt-4o-mini");
        JsonNode record = BENCH.record(answer);

        assertThat(List.of(
                        record.path("inputTokens").asLong(),
                        record.path("outputTokens").asLong()))
                .isEqualTo(List.of(7L, 3L));
        assertThat(record.path("model").asString("")).isEqualTo("gpt-4o-mini");
    }
}
