package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients of Ollama: byte for byte to servers of Ollama's, translated to all others; they stream unless they are told not to. */
class OllamaClientsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CHAT = "/api/chat";
    private static final String ASKED =
            "{ \"model\" : \"llama3.2\", \"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}], \"new\": 1e2 }";
    private static final String PIECE =
            "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"Hoi\"},\"done\":false}\n";
    private static final String LAST = "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},"
            + "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":26,\"eval_count\":298}\n";

    private static final ClientBench BENCH = ClientBench.start("ollama", "llama*");
    private static final FakeProvider BEHIND = BENCH.behind();
    private static final Http HTTP = BENCH.http();

    @AfterAll
    static void stop() {
        BENCH.close();
    }

    private static String asked(String more) {
        return "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]" + more + "}";
    }

    @Test
    void aStreamGoesThroughByteForByteAndIsMetered() {
        BEHIND.on(CHAT, c -> {
            c.head(200, "Content-Type", "application/x-ndjson");
            c.chunk(PIECE);
            c.chunk(LAST.substring(0, 120));
            c.chunk(LAST.substring(120));
            c.lastChunk();
        });
        HttpResponse<String> answer = HTTP.post(CHAT, ASKED);

        assertThat(answer.body()).isEqualTo(PIECE + LAST);
        assertThat(BEHIND.lastRequest().target()).isEqualTo(CHAT);
        assertThat(BEHIND.lastRequest().text()).isEqualTo(ASKED);
        JsonNode record = BENCH.record(answer);
        assertThat(record.path("endpoint").asString("")).isEqualTo(CHAT);
        assertThat(record.path("inputTokens").asLong()).isEqualTo(26);
        assertThat(record.path("outputTokens").asLong()).isEqualTo(298);
        assertThat(record.path("stream").asBoolean()).isTrue();
    }

    @Test
    void anAliasIsWrittenIntoTheBody() {
        BENCH.ctl("route", "create", "small", "--strategy", "failover", "--target", "behind/llama3.2");
        BEHIND.on(
                "/api/generate",
                Script.answer(200, "{\"response\":\"x\",\"done\":true}", "Content-Type", "application/json"));
        HttpResponse<String> answer =
                HTTP.post("/api/generate", "{\"prompt\":\"one two three\",\"model\":\"small\",\"stream\":false}");

        assertThat(BEHIND.lastRequest().text())
                .isEqualTo("{\"prompt\":\"one two three\",\"model\":\"llama3.2\",\"stream\":false}");
        assertThat(BENCH.record(answer).path("inputTokens").asLong()).isPositive();
        assertThat(BENCH.record(answer).path("outputTokens").asLong()).isPositive();
    }

    @Test
    void isTranslatedToOthersAndStreamsByItself() {
        HttpResponse<String> answer = HTTP.post(CHAT, asked(",\"options\":{\"num_predict\":5,\"temperature\":0.5}"));
        List<JsonNode> lines = answer.body().lines().map(JSON::readTree).toList();

        assertThat(answer.headers().firstValue("content-type")).contains("application/x-ndjson");
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line.at("/message/content").asString("")));
        assertThat(text.toString()).isEqualTo("Hello from the fake.");
        JsonNode last = lines.getLast();
        assertThat(last.path("done").asBoolean()).isTrue();
        assertThat(last.path("done_reason").asString("")).isEqualTo("stop");
        assertThat(last.path("prompt_eval_count").asInt()).isEqualTo(7);
        assertThat(last.path("total_duration").asLong()).isPositive();
        assertThat(lines.getFirst().path("done").asBoolean()).isFalse();
        JsonNode sent = JSON.readTree(BENCH.openAi().lastRequest().text());
        assertThat(sent.path("max_completion_tokens").asInt()).isEqualTo(5);
        assertThat(sent.path("stream").asBoolean()).isTrue();
        assertThat(BENCH.record(answer).path("outputTokens").asLong()).isEqualTo(3);

        HttpResponse<String> whole =
                HTTP.post("/api/generate", "{\"model\":\"gpt-4o-mini\",\"prompt\":\"Hi\",\"stream\":false}");
        assertThat(Http.json(whole).path("response").asString("")).isEqualTo("Hello from the fake.");
        assertThat(Http.json(whole).path("eval_count").asInt()).isEqualTo(3);
        assertThat(whole.headers().firstValue("content-type").orElseThrow()).startsWith("application/json");
    }

    @Test
    void holdsAConversationWithTools() {
        String tools =
                ",\"stream\":false,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{}}}]";
        JsonNode first = Http.json(HTTP.post(CHAT, asked(tools)));
        JsonNode call = first.at("/message/tool_calls/0/function");

        assertThat(call.path("name").asString("")).isEqualTo("weather");
        assertThat(call.at("/arguments/city").asString("")).isEqualTo("Zürich");

        String history = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"},"
                + first.path("message") + ",{\"role\":\"tool\",\"tool_name\":\"weather\",\"content\":\"sunny\"}]"
                + tools + "}";
        HTTP.post(CHAT, history);
        JsonNode sent = JSON.readTree(BENCH.openAi().lastRequest().text()).path("messages");
        assertThat(sent.at("/1/tool_calls/0/function/arguments").asString("")).contains("Zürich");
        assertThat(sent.at("/2/tool_call_id").asString(""))
                .isEqualTo(sent.at("/1/tool_calls/0/id").asString("x"));
        assertThat(sent.at("/2/content").asString("")).isEqualTo("sunny");
    }

    @Test
    void aStreamThatIsCutEndsWithALineThatSaysSo() {
        BEHIND.on(CHAT, c -> {
            c.head(200, "Content-Type", "application/x-ndjson");
            c.chunk(PIECE.strip());
            c.close();
        });
        Http.Arrived answer = HTTP.arrived(CHAT, ASKED);
        List<String> lines = answer.text().lines().toList();

        assertThat(answer.whole()).isFalse();
        assertThat(lines).hasSize(2);
        assertThat(JSON.readTree(lines.getLast()).path("error").isString()).isTrue();
    }

    @Test
    void modelsAreListedAndShown() {
        BEHIND.on("/api/show", Script.answer(200, "{\"license\":\"MIT\"}", "Content-Type", "application/json"));
        JsonNode tags = Http.json(HTTP.get("/api/tags"));

        assertThat(tags.path("models").findValuesAsString("name")).contains("gpt-4o-mini");
        assertThat(Http.json(HTTP.get("/api/version")).path("version").isString())
                .isTrue();
        assertThat(Http.json(HTTP.post("/api/show", "{\"model\":\"gpt-4o-mini\"}"))
                        .path("capabilities")
                        .isArray())
                .isTrue();
        assertThat(HTTP.post("/api/show", "{\"model\":\"llama3.2\"}").body()).isEqualTo("{\"license\":\"MIT\"}");
    }

    @Test
    void olderClientsNameAModelThatTheyAskAboutInAnotherWay() {
        BEHIND.on("/api/show", Script.answer(200, "{\"license\":\"MIT\"}", "Content-Type", "application/json"));
        assertThat(Http.json(HTTP.post("/api/show", "{\"name\":\"gpt-4o-mini\"}"))
                        .path("capabilities")
                        .isArray())
                .isTrue();
        assertThat(HTTP.post("/api/show", "{\"name\":\"llama3.2\"}").body()).isEqualTo("{\"license\":\"MIT\"}");
        assertThat(BEHIND.lastRequest().text()).isEqualTo("{\"name\":\"llama3.2\"}");
        assertThat(HTTP.post("/api/show", "{\"name\":\"llama3.2\",\"model\":\"gpt-4o-mini\"}")
                        .body())
                .contains("capabilities");
        assertThat(HTTP.post("/api/show", "{\"name\":5}").statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[]}|load",
                "/api/chat|{\"model\":\"gpt-4o-mini\"}|load",
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[],\"keep_alive\":0}|unload",
                "/api/generate|{\"model\":\"gpt-4o-mini\"}|load",
                "/api/generate|{\"model\":\"gpt-4o-mini\",\"prompt\":\"\",\"keep_alive\":\"5m\"}|load",
                "/api/generate|{\"model\":\"gpt-4o-mini\",\"keep_alive\":\"0s\"}|unload"
            })
    void aModelThatIsOnlyMadeReadyIsAskedNothing(String path, String body, String reason) {
        int before = BENCH.sent();
        JsonNode answer = Http.json(HTTP.post(path, body));

        assertThat(answer.path("model").asString("")).isEqualTo("gpt-4o-mini");
        assertThat(answer.path("done").asBoolean()).isTrue();
        assertThat(answer.path("done_reason").asString("")).isEqualTo(reason);
        assertThat(answer.has(path.endsWith("chat") ? "message" : "response")).isTrue();
        assertThat(BENCH.sent()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/api/chat|{\"model\":|400",
                "/api/chat|{\"messages\":[]}|400",
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]}|400",
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}|400",
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":[\"AAAA\"]}]}|400",
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"options\":{\"min_p\":0.1}}|400",
                "/api/chat|{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"options\":[]}|400",
                "/api/generate|{\"model\":\"gpt-4o-mini\",\"prompt\":\"x\",\"raw\":true}|400",
                "/api/generate|{\"model\":\"gpt-4o-mini\",\"prompt\":\"x\",\"context\":[1]}|400",
                "/api/pull|{\"model\":\"x\"}|404",
                "/api/show|{}|400"
            })
    void whatIsWrongIsRefusedAndNothingIsSent(String path, String body, int status) {
        int before = BENCH.sent();
        HttpResponse<String> answer = HTTP.post(path, body);

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(Http.json(answer).path("error").isString()).isTrue();
        assertThat(BENCH.sent()).isEqualTo(before);
    }
}
