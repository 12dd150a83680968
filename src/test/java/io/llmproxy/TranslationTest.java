package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients of OpenAI and of Anthropic reach models of both, whole answers and streams, and the ledger knows what they cost. */
class TranslationTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String MESSAGES = "/v1/messages";
    private static final String CHAT = "/v1/chat/completions";
    private static final String ANSWER = """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{"type":"text",\
            "text":"Grüezi."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":11,\
            "cache_creation_input_tokens":20,"cache_read_input_tokens":300,"output_tokens":4}}""";
    private static final String[] EVENTS = {
        """
        {"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"claude-sonnet-4-5",\
        "content":[],"usage":{"input_tokens":11,"cache_read_input_tokens":300,"output_tokens":1}}}""",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Grüezi\"}}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}",
        "{\"type\":\"message_stop\"}"
    };

    private static FakeProvider anthropic;
    private static FakeProvider openAi;
    private static TestAppliance appliance;
    private static Http http;

    @BeforeAll
    static void start() {
        anthropic = FakeProvider.start();
        openAi = FakeProvider.start();
        appliance = TestAppliance.start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", openAi.baseUrl()));
        provider(appliance);
    }

    private static void provider(TestAppliance to) {
        to.provider("acme", "claude", "anthropic", anthropic.origin(), "sk-ant-secret", "--models", "claude-*");
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        anthropic.close();
        openAi.close();
    }

    @AfterEach
    void restore() {
        anthropic.restore(MESSAGES);
        openAi.restore(CHAT);
    }

    private static String chat(String more) {
        return "{\"model\":\"claude-sonnet-4-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]" + more + "}";
    }

    private static String messages(String model, String more) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
                + more + "}";
    }

    private static Script stream(int events) {
        return c -> {
            c.head(200, "Content-Type", "text/event-stream; charset=utf-8", "request-id", "req_1");
            for (int i = 0; i < events; i++) {
                event(c, EVENTS[i]);
            }
            if (events == EVENTS.length) {
                c.lastChunk();
            }
        };
    }

    private static void event(FakeConnection c, String data) throws IOException {
        c.chunk("event: " + JSON.readTree(data).path("type").stringValue() + "\ndata: " + data + "\n\n");
    }

    /** What came, and whether the connection ended as it should. */
    private record Streamed(String id, String text, boolean whole) {}

    private static Streamed streamed(String path, String json) {
        Http.Arrived answer = http.arrived(path, json);
        return new Streamed(answer.requestId(), answer.text(), answer.whole());
    }

    /** The usage record of an answer; that of one that was cut may come a moment after it. */
    private static JsonNode record(String requestId) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        do {
            for (String line : appliance
                    .ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                    .value()
                    .lines()
                    .toList()) {
                if (line.contains(requestId)) {
                    return JSON.readTree(line);
                }
            }
        } while (System.nanoTime() < end);
        throw new AssertionError("no usage record of " + requestId);
    }

    private static String id(HttpResponse<?> answer) {
        return answer.headers().firstValue("x-request-id").orElseThrow();
    }

    @Test
    void anOpenAiClientReachesAnthropic() {
        anthropic.on(MESSAGES, Script.answer(200, ANSWER, "Content-Type", "application/json", "request-id", "req_9"));
        HttpResponse<String> answer = http.post(CHAT, chat(""));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Http.json(answer).at("/choices/0/message/content").stringValue())
                .isEqualTo("Grüezi.");
        assertThat(Http.json(answer).at("/usage/prompt_tokens").asInt()).isEqualTo(331);
        assertThat(answer.headers().firstValue("x-upstream-request-id")).contains("req_9");
        FakeProvider.Request sent = anthropic.lastRequest();
        assertThat(sent.target()).isEqualTo(MESSAGES);
        assertThat(sent.header("x-api-key")).isEqualTo("sk-ant-secret");
        assertThat(sent.header("anthropic-version")).isEqualTo("2023-06-01");
        assertThat(sent.header("authorization")).isNull();
        JsonNode record = record(id(answer));
        assertThat(record.path("inputTokens").asLong()).isEqualTo(331);
        assertThat(record.path("cachedInputTokens").asLong()).isEqualTo(300);
        assertThat(record.path("cacheWriteTokens").asLong()).isEqualTo(20);
        assertThat(record.path("outputTokens").asLong()).isEqualTo(4);
        assertThat(record.path("upstreamRequestId").asString("")).isEqualTo("req_9");
    }

    @Test
    void anOpenAiClientStreamsFromAnthropicAndSeesTheUsageOnlyWhereItAsks() {
        anthropic.on(MESSAGES, stream(EVENTS.length));
        Streamed plain = streamed(CHAT, chat(",\"stream\":true"));
        JsonNode record = record(plain.id());
        Streamed told = streamed(CHAT, chat(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

        assertThat(plain.whole()).isTrue();
        assertThat(plain.text())
                .contains("\"content\":\"Grüezi\"")
                .endsWith("data: [DONE]\n\n")
                .doesNotContain("usage");
        assertThat(record.path("inputTokens").asLong()).isEqualTo(311);
        assertThat(record.path("outputTokens").asLong()).isEqualTo(9);
        assertThat(told.text()).contains("\"prompt_tokens\":311");
        assertThat(JSON.readTree(anthropic.lastRequest().text()).has("stream_options"))
                .isFalse();
    }

    @Test
    void anAnthropicClientReachesOpenAi() {
        HttpResponse<String> answer = http.post(MESSAGES, messages("gpt-4o-mini", ""));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Http.json(answer).path("type").stringValue()).isEqualTo("message");
        assertThat(Http.json(answer).at("/content/0/text").stringValue()).isEqualTo("Hello from the fake.");
        assertThat(Http.json(answer).at("/usage/input_tokens").asInt()).isEqualTo(7);
        assertThat(openAi.lastRequest().path()).isEqualTo(CHAT);
        JsonNode record = record(id(answer));
        assertThat(record.path("endpoint").asString("")).isEqualTo(MESSAGES);
        assertThat(record.path("inputTokens").asLong()).isEqualTo(7);
        assertThat(record.path("outputTokens").asLong()).isEqualTo(3);
    }

    @Test
    void anAnthropicClientStreamsFromOpenAi() {
        Streamed answer = streamed(MESSAGES, messages("gpt-4o-mini", ",\"stream\":true"));

        assertThat(answer.whole()).isTrue();
        assertThat(answer.text())
                .startsWith("event: message_start\n")
                .contains("\"text\":\"Hello \"")
                .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        assertThat(record(answer.id()).path("inputTokens").asLong()).isEqualTo(7);
    }

    @Test
    void anAnthropicClientHasItsTokensCounted() {
        HttpResponse<String> answer = http.post("/v1/messages/count_tokens", messages("gpt-4o-mini", ""));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Http.json(answer).path("input_tokens").asInt()).isBetween(5, 20);
        assertThat(record(id(answer)).path("inputTokens").asLong()).isZero();
    }

    @Test
    void anAnthropicClientReachesAnthropicByteForByteAndIsMetered() {
        String odd = messages("claude-sonnet-4-5", ", \"unknown\" : [ 1.0,  null ] ");
        anthropic.on(MESSAGES, Script.answer(200, ANSWER + "\n", "Content-Type", "application/json"));
        HttpResponse<String> answer = http.send(http.request(MESSAGES)
                .header("anthropic-version", "2023-01-01")
                .header("anthropic-beta", "b1")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(odd)));

        assertThat(answer.body()).isEqualTo(ANSWER + "\n");
        assertThat(anthropic.lastRequest().text()).isEqualTo(odd);
        assertThat(anthropic.lastRequest().header("anthropic-version")).isEqualTo("2023-01-01");
        assertThat(anthropic.lastRequest().header("anthropic-beta")).isEqualTo("b1");
        assertThat(record(id(answer)).path("inputTokens").asLong()).isEqualTo(331);

        anthropic.on(MESSAGES, stream(EVENTS.length));
        Streamed stream = streamed(MESSAGES, messages("claude-sonnet-4-5", ",\"stream\":true"));
        assertThat(stream.text().lines().filter(l -> l.startsWith("data: ")).map(l -> l.substring(6)))
                .containsExactly(EVENTS);
        JsonNode record = record(stream.id());
        assertThat(record.path("inputTokens").asLong()).isEqualTo(311);
        assertThat(record.path("outputTokens").asLong()).isEqualTo(9);
        assertThat(record.path("upstreamRequestId").asString("")).isEqualTo("req_1");
    }

    @Test
    void bothReachGemini() {
        String answer = """
                {"candidates":[{"content":{"parts":[{"text":"Grüezi."}],"role":"model"},"finishReason":"STOP"}],\
                "usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4,"thoughtsTokenCount":6},"modelVersion":"g"}""";
        anthropic.on(
                "/v1beta/models/gemini-2.5-flash:generateContent",
                Script.answer(200, answer, "Content-Type", "application/json"));
        anthropic.on("/v1beta/models/gemini-2.5-flash:streamGenerateContent", c -> {
            c.head(200, "Content-Type", "text/event-stream").event(answer).lastChunk();
        });
        appliance.provider("acme", "google", "gemini", anthropic.origin(), "g-secret", "--models", "gemini-*");

        HttpResponse<String> chat = http.post(CHAT, chat("").replace("claude-sonnet-4-5", "gemini-2.5-flash"));
        assertThat(Http.json(chat).at("/choices/0/message/content").stringValue())
                .isEqualTo("Grüezi.");
        assertThat(anthropic.lastRequest().header("x-goog-api-key")).isEqualTo("g-secret");
        assertThat(record(id(chat)).path("outputTokens").asLong()).isEqualTo(10);
        assertThat(record(id(chat)).path("reasoningTokens").asLong()).isEqualTo(6);

        Streamed stream = streamed(MESSAGES, messages("gemini-2.5-flash", ",\"stream\":true"));
        assertThat(anthropic.lastRequest().target()).endsWith(":streamGenerateContent?alt=sse");
        assertThat(stream.text()).contains("Grüezi.").endsWith("{\"type\":\"message_stop\"}\n\n");
        assertThat(record(stream.id()).path("outputTokens").asLong()).isEqualTo(10);
    }

    @Test
    void aStreamThatBreaksOffEndsWithOneErrorOfTheClientsDialect() {
        anthropic.on(MESSAGES, c -> {
            stream(3).play(c);
            c.close();
        });
        Streamed openAiClient = streamed(CHAT, chat(",\"stream\":true"));
        Streamed anthropicClient = streamed(MESSAGES, messages("claude-sonnet-4-5", ",\"stream\":true"));

        assertThat(openAiClient.whole()).isFalse();
        assertThat(openAiClient.text())
                .contains("\"content\":\"Grüezi\"")
                .containsOnlyOnce("data: {\"error\":")
                .doesNotContain("[DONE]");
        assertThat(anthropicClient.whole()).isFalse();
        assertThat(anthropicClient.text()).containsOnlyOnce("event: error\n").doesNotContain("message_stop");
        assertThat(record(anthropicClient.id()).path("outcome").asString("")).isEqualTo("cut");
    }

    @Test
    void anErrorWithinAStreamIsOneOfTheClientsDialect() {
        anthropic.on(MESSAGES, c -> {
            stream(3).play(c);
            event(c, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");
            c.lastChunk();
        });
        Streamed answer = streamed(CHAT, chat(",\"stream\":true"));

        assertThat(answer.whole()).isFalse();
        assertThat(answer.text())
                .containsOnlyOnce("data: {\"error\":")
                .contains("overloaded_error")
                .doesNotContain("[DONE]");
    }

    @Test
    void errorsComeInTheClientsDialect() {
        anthropic.on(
                MESSAGES,
                Script.answer(
                        529,
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"key sk-ant-secret\"}}",
                        "Content-Type",
                        "application/json",
                        "Retry-After",
                        "7"));
        HttpResponse<String> overloaded = http.post(CHAT, chat(""));
        HttpResponse<String> unsupported = http.post(CHAT, chat(",\"seed\":1"));
        HttpResponse<String> malformed = http.post(MESSAGES, messages("gpt-4o-mini", ",\"temperature\":\"x\""));
        HttpResponse<String> embedding =
                http.post("/v1/embeddings", "{\"model\":\"claude-sonnet-4-5\",\"input\":\"x\"}");

        assertThat(overloaded.statusCode()).isEqualTo(503);
        assertThat(overloaded.headers().firstValue("Retry-After")).contains("7");
        assertThat(Http.error(overloaded)).isEqualTo("server_error/");
        assertThat(overloaded.body()).contains("key ***");
        assertThat(Http.error(unsupported)).isEqualTo("invalid_request_error/unsupported_parameter");
        assertThat(Http.json(unsupported).at("/error/param").stringValue()).isEqualTo("seed");
        assertThat(Http.json(malformed).path("type").stringValue()).isEqualTo("error");
        assertThat(Http.json(malformed).at("/error/type").stringValue()).isEqualTo("invalid_request_error");
        assertThat(embedding.statusCode()).isEqualTo(400);
        assertThat(embedding.body()).contains("/v1/embeddings");
    }

    @Test
    void anAnswerThatIsNoneIsABadGateway() {
        anthropic.on(MESSAGES, Script.answer(200, "<html>secret</html>", "Content-Type", "text/html"));
        HttpResponse<String> html = http.post(CHAT, chat(""));
        openAi.on(CHAT, Script.answer(200, "{\"choices\":", "Content-Type", "application/json"));
        HttpResponse<String> half = http.post(MESSAGES, messages("gpt-4o-mini", ""));

        assertThat(html.statusCode()).isEqualTo(502);
        assertThat(html.body()).contains("format of its API").doesNotContain("secret");
        assertThat(half.statusCode()).isEqualTo(502);
        assertThat(Http.json(half).at("/error/type").stringValue()).isEqualTo("api_error");
    }

    @Test
    void tokensAreEstimatedWhereNobodyToldThem() {
        openAi.on(
                CHAT,
                Script.answer(
                        200,
                        "{\"choices\":[{\"message\":{\"content\":\"one two three\"},\"finish_reason\":\"stop\"}]}",
                        "Content-Type",
                        "application/json"));
        HttpResponse<String> answer = http.post(MESSAGES, messages("gpt-4o-mini", ""));

        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode record = record(id(answer));
        assertThat(record.path("usageSource").asString("")).isEqualToIgnoringCase("estimated");
        assertThat(record.path("outputTokens").asLong()).isBetween(2L, 6L);
        assertThat(record.path("inputTokens").asLong()).isBetween(5L, 20L);
    }

    @Test
    void modelsAreListedForAnthropicsClientsAsTheyKnowThem() {
        HttpResponse<String> list = http.send(http.request("/v1/models")
                .header("anthropic-version", "2023-06-01")
                .GET());

        assertThat(Http.json(list).at("/data/0/type").stringValue()).isEqualTo("model");
        assertThat(Http.json(list).path("has_more").booleanValue()).isFalse();
        assertThat(Http.json(list).path("first_id")).isEqualTo(Http.json(list).at("/data/0/id"));
    }

    @Test
    void parametersAreLeftOutAndToldWhereTheOperatorSaysSo() {
        try (TestAppliance lenient =
                TestAppliance.builder().set("translation.unsupported", "drop").start()) {
            anthropic.on(MESSAGES, Script.answer(200, ANSWER, "Content-Type", "application/json"));
            try (Http client = new Http(lenient.gateway(), lenient.tenantWithKey("acme", openAi.baseUrl()))) {
                provider(lenient);
                HttpResponse<String> answer = client.post(CHAT, chat(",\"seed\":1"));

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("Warning"))
                        .contains("299 llmproxy \"not supported and left out: seed\"");
            }
        }
    }
}
