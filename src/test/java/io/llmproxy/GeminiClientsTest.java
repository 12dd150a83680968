package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Clients of Gemini: byte for byte to providers of that type, and the model of the path is the one that everybody sees. */
class GeminiClientsTest {
    private static final String MODELS = "/v1beta/models/";
    private static final String FLASH = MODELS + "gemini-2.5-flash:generateContent";
    private static final String STREAM = MODELS + "gemini-2.5-flash:streamGenerateContent";
    private static final String ASKED = "{ \"contents\" : [{\"parts\":[{\"text\":\"Hi\"}]}], \"new_member\": 1e2 }";
    private static final String USAGE = "\"usageMetadata\":{\"promptTokenCount\":100,\"cachedContentTokenCount\":60,"
            + "\"candidatesTokenCount\":7,\"thoughtsTokenCount\":30,\"totalTokenCount\":137}";
    private static final String ANSWER =
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Grüezi\",\"new\":1}]},\"finishReason\":\"STOP\"}],"
                    + USAGE + "}";

    private static final ClientBench BENCH = ClientBench.start("gemini", "gemini-*,text-embedding-004");
    private static final FakeProvider BEHIND = BENCH.behind();
    private static final Http HTTP = BENCH.http();

    @AfterAll
    static void stop() {
        BENCH.close();
    }

    private static void answers(String path, String json) {
        BEHIND.on(path, Script.answer(200, json, "Content-Type", "application/json; charset=UTF-8"));
    }

    @Test
    void aWholeAnswerGoesThroughByteForByteAndIsMetered() {
        answers(FLASH, ANSWER);
        HttpResponse<String> answer = HTTP.post(FLASH, ASKED);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(ANSWER);
        assertThat(BEHIND.lastRequest().target()).isEqualTo(FLASH);
        assertThat(BEHIND.lastRequest().text()).isEqualTo(ASKED);
        assertThat(BEHIND.lastRequest().header("x-goog-api-key")).isEqualTo("sk-behind");
        JsonNode record = BENCH.record(answer);
        assertThat(record.path("endpoint").asString("")).isEqualTo(MODELS + "{model}:generateContent");
        assertThat(record.path("model").asString("")).isEqualTo("gemini-2.5-flash");
        metered(record);
    }

    private static void metered(JsonNode record) {
        assertThat(record.path("inputTokens").asLong()).isEqualTo(100);
        assertThat(record.path("cachedInputTokens").asLong()).isEqualTo(60);
        assertThat(record.path("outputTokens").asLong()).isEqualTo(37);
        assertThat(record.path("reasoningTokens").asLong()).isEqualTo(30);
    }

    @Test
    void streamsGoThroughByteForByteAndAreMetered() {
        String first = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Grü\"}]}}],\"usageMetadata\":"
                + "{\"promptTokenCount\":100,\"totalTokenCount\":100}}";
        BEHIND.on(STREAM, c -> {
            boolean events = c.request().target().endsWith("?alt=sse");
            c.head(200, "Content-Type", events ? "text/event-stream" : "application/json");
            c.chunk(events ? "data: " + first + "\r\n\r\n" : "[" + first);
            c.chunk(events ? "data: " + ANSWER + "\r\n\r\n" : ",\r\n" + ANSWER + "]");
            c.lastChunk();
        });
        HttpResponse<String> events = HTTP.post(STREAM + "?alt=sse", ASKED);
        HttpResponse<String> list = HTTP.post(STREAM, ASKED);

        assertThat(events.body()).isEqualTo("data: " + first + "\r\n\r\ndata: " + ANSWER + "\r\n\r\n");
        assertThat(list.body()).isEqualTo("[" + first + ",\r\n" + ANSWER + "]");
        metered(BENCH.record(events));
        metered(BENCH.record(list));
        assertThat(BENCH.record(list).path("stream").asBoolean()).isTrue();
    }

    /** What the model signed, of whatever part, and the ids of its calls: a conversation of its own clients is none of ours. */
    @Test
    void idsAndSignaturesGoThroughByteForByteOverAConversation() {
        String told = "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hm\",\"thought\":true,"
                + "\"thoughtSignature\":\"AQ+/\"}, {\"functionCall\":{\"id\":\"a1\",\"name\":\"f\",\"args\":{}},"
                + "\"thoughtSignature\":\"Ag==\"},{\"text\":\"\" , \"thoughtSignature\":\"Aw==\"}]},\"finishReason\":\"STOP\"}]}";
        answers(FLASH, told);
        assertThat(HTTP.post(FLASH, ASKED).body()).isEqualTo(told);

        String parts = told.substring(told.indexOf("[{\"text\""), told.indexOf("},\"finishReason"));
        String next = "{\"contents\":[{\"role\":\"model\",\"parts\":" + parts
                + "},{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"a1\",\"name\":\"f\",\"response\":{}}}]}]}";
        HTTP.post(FLASH, next);
        assertThat(BEHIND.lastRequest().text()).isEqualTo(next);

        BEHIND.on(STREAM, c -> {
            c.head(200, "Content-Type", "text/event-stream");
            c.chunk("data: " + told + "\r\n\r\n");
            c.lastChunk();
        });
        assertThat(HTTP.post(STREAM + "?alt=sse", next).body()).isEqualTo("data: " + told + "\r\n\r\n");
        assertThat(BEHIND.lastRequest().text()).isEqualTo(next);
    }

    @Test
    void anAliasStandsInThePathAndInTheBodyUpstream() {
        BENCH.ctl("route", "create", "quick", "--strategy", "failover", "--target", "behind/gemini-2.5-flash");
        answers(FLASH, ANSWER);
        HttpResponse<String> answer = HTTP.post(MODELS + "quick:generateContent", ASKED);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(BEHIND.lastRequest().target()).isEqualTo(FLASH);
        assertThat(answer.headers().firstValue("x-llmproxy-model")).contains("gemini-2.5-flash");

        String embedding = MODELS + "text-embedding-004:batchEmbedContents";
        answers(embedding, "{\"embeddings\":[{\"values\":[1]}]}");
        String asked = "{\"requests\":[{\"model\":\"models/%1$s\",\"content\":{\"parts\":[{\"text\":\"one two\"}]}},"
                + "{\"content\":{},\"model\":\"models/%1$s\"}]}";
        HttpResponse<String> embedded = HTTP.post(
                MODELS + "behind/text-embedding-004:batchEmbedContents", asked.formatted("behind/text-embedding-004"));

        assertThat(embedded.statusCode()).isEqualTo(200);
        assertThat(BEHIND.lastRequest().target()).isEqualTo(embedding);
        assertThat(BEHIND.lastRequest().text()).isEqualTo(asked.formatted("text-embedding-004"));
        assertThat(BENCH.record(embedded).path("inputTokens").asLong()).isPositive();
    }

    @Test
    void tokensAreCountedByTheProvider() {
        answers(MODELS + "gemini-2.5-flash:countTokens", "{\"totalTokens\":31}");
        HttpResponse<String> answer = HTTP.post(MODELS + "gemini-2.5-flash:countTokens", ASKED);

        assertThat(answer.body()).isEqualTo("{\"totalTokens\":31}");
        assertThat(BENCH.record(answer).path("inputTokens").asLong()).isZero();
    }

    @Test
    void theModelOfThePathIsTheOneThatAKeyMayUse() {
        Http scoped = BENCH.http("--models", "gemini-2.5-pro");
        HttpResponse<String> answer = scoped.post(FLASH, ASKED);

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(Http.json(answer).at("/error/status").asString("")).isEqualTo("PERMISSION_DENIED");
        assertThat(scoped.post("/v1/models/gemini-2.5-flash:generateContent", ASKED)
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void listsModelsAsGoogleDoes() {
        BEHIND.on(
                "/v1beta/models",
                Script.answer(
                        200,
                        "{\"models\":[{\"name\":\"models/gemini-2.5-flash\"}]}",
                        "Content-Type",
                        "application/json"));
        answers(MODELS + "gemini-2.5-flash", "{\"name\":\"models/gemini-2.5-flash\",\"inputTokenLimit\":5}");
        JsonNode list = Http.json(HTTP.get("/v1beta/models?pageSize=50"));

        assertThat(list.at("/models").findValuesAsString("name"))
                .contains("models/gemini-2.5-flash", "models/gpt-4o-mini");
        assertThat(HTTP.get(MODELS + "gemini-2.5-flash").body()).contains("\"inputTokenLimit\":5");
        assertThat(Http.json(HTTP.get(MODELS + "gpt-4o-mini")).path("name").asString(""))
                .isEqualTo("models/gpt-4o-mini");
    }

    @Test
    void aKeyInTheQueryIsNoneUnlessTheOperatorAllowsIt() {
        HttpResponse<String> answer =
                HTTP.send(HttpRequest.newBuilder(BENCH.gateway().resolve(FLASH + "?key=" + BENCH.key()))
                        .POST(HttpRequest.BodyPublishers.ofString(ASKED)));

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(Http.json(answer).at("/error/status").asString("")).isEqualTo("UNAUTHENTICATED");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "gemini-2.5-flash:generateContent|{\"contents\":|400|INVALID_ARGUMENT",
                "gemini-2.5-flash:generateContent|[]|400|INVALID_ARGUMENT",
                "gemini-2.5-flash:generateContent|{\"model\":\"models/gemini-2.5-pro\"}|400|INVALID_ARGUMENT",
                "gemini-2.5-flash:batchEmbedContents|{\"requests\":[{\"model\":\"models/gemini-2.5-pro\"}]}|400|INVALID_ARGUMENT",
                "gemini-2.5-flash:batchEmbedContents|{\"requests\":[{\"model\":1}]}|400|INVALID_ARGUMENT",
                "gemini%00:generateContent|{}|400|INVALID_ARGUMENT",
                "gemini-2.5-flash:predict|{}|400|INVALID_ARGUMENT",
                ":generateContent|{}|400|INVALID_ARGUMENT",
                "gpt-none:generateContent|{\"contents\":[{\"parts\":[{\"executableCode\":{}}]}]}|400|INVALID_ARGUMENT",
                "gpt-4o-mini:generateContent|{\"contents\":[],\"cachedContent\":\"c\"}|400|INVALID_ARGUMENT"
            })
    void whatIsWrongIsRefusedAndNothingIsSent(String model, String body, int status, String word) {
        int before = BENCH.sent();
        HttpResponse<String> answer = HTTP.post(MODELS + model, body);

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(Http.json(answer).at("/error/status").asString("")).isEqualTo(word);
        assertThat(Http.json(answer).at("/error/code").asInt()).isEqualTo(status);
        assertThat(BENCH.sent()).isEqualTo(before);
    }
}
