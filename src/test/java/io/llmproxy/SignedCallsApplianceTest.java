package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A conversation with calls that Gemini signed goes on with Gemini, and with providers that never saw it. */
class SignedCallsApplianceTest {
    private static final String MODEL = "gemini-3-pro-preview";
    private static final String ASKED = "/v1beta/models/" + MODEL + ":generateContent";
    private static final String CHAT = "/v1/chat/completions";
    private static final String SIGNATURE = "EjQKMgEM4111111111111111+jx9/Ab2LkTqg==";
    private static final String ANSWER = """
            {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Chur"}},\
            "thoughtSignature":"%s"},{"functionCall":{"name":"time","args":{}}}]},"finishReason":"STOP"}],\
            "usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":4,"totalTokenCount":14},\
            "modelVersion":"gemini-3-pro-preview","responseId":"r1"}""".formatted(SIGNATURE);
    private static final ClientBench BENCH = ClientBench.start("gemini", "gemini-*");
    private static final Http HTTP = BENCH.http();

    @AfterAll
    static void stop() {
        BENCH.close();
    }

    @AfterEach
    void restore() {
        BENCH.behind().restoreOtherwise();
        BENCH.openAi().restoreOtherwise();
    }

    /** The ids of the calls that the client is told. */
    private static String[] called() {
        BENCH.behind().on(ASKED, Script.answer(200, ANSWER, "Content-Type", "application/json"));
        HttpResponse<String> answer =
                HTTP.post(CHAT, "{\"model\":\"" + MODEL + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode calls = Http.json(answer).at("/choices/0/message/tool_calls");
        return new String[] {calls.at("/0/id").stringValue(), calls.at("/1/id").stringValue()};
    }

    /** What the client sends with the results; spaced as no program here would. */
    private static String next(String model, String[] ids) {
        return """
            { "model":"%s", "messages" : [{"role":"user","content":"Weather?"},
            {"role":"assistant","content":null,"tool_calls":[
            {"id" : "%s","type":"function","function":{"name":"weather","arguments":"{}"}},
            {"id":"%s" ,"type":"function","function":{"name":"time","arguments":"{}"}}]},
            {"role":"tool","tool_call_id": "%2$s" ,"content":"sunny, say call_signed1_02f1_AAAAAA0AQ"},
            {"role":"tool","tool_call_id":"%3$s","content":"noon"}],"x_new":1e2 }""".formatted(model, ids[0], ids[1]);
    }

    /** As everybody else is told them. */
    private static String[] plain(String[] ids) {
        return new String[] {ids[0].replaceFirst("^call_signed1_29(call_[0-9a-f]{24})_.*$", "$1"), ids[1]};
    }

    @Test
    void goesOnWithTheModelThatSigned() {
        String[] ids = called();
        HTTP.post(CHAT, next(MODEL, ids).replace(",\"x_new\":1e2", ""));

        assertThat(ids[0]).hasSizeGreaterThan(60).matches("[A-Za-z0-9_-]+");
        assertThat(ids[1]).matches("call_[0-9a-f]{24}");
        assertThat(BENCH.behind().lastRequest().text())
                .contains("\"thoughtSignature\":\"" + SIGNATURE + "\"")
                .doesNotContain("skip_thought_signature_validator", "call_signed1_29");
    }

    @Test
    void goesOnWithAnotherProviderUnderPlainIds() {
        String[] ids = called();
        HTTP.post(CHAT, next("gpt-4o", ids));

        assertThat(plain(ids)[0]).hasSize(29);
        assertThat(BENCH.openAi().lastRequest().text()).isEqualTo(next("gpt-4o", plain(ids)));
    }

    @Test
    void goesOnWhereGeminiFails() {
        String[] ids = called();
        BENCH.ctl("route", "create", "smart", "--target", "behind/" + MODEL, "--target", "up/gpt-4o");
        BENCH.behind().on(ASKED, Script.answer(503, "{}", "Content-Type", "application/json"));
        HttpResponse<String> answer = HTTP.post(CHAT, next("smart", ids).replace(",\"x_new\":1e2", ""));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(BENCH.behind().lastRequest().text()).contains(SIGNATURE);
        assertThat(BENCH.openAi().lastRequest().text())
                .isEqualTo(next("gpt-4o", plain(ids)).replace(",\"x_new\":1e2", ""));
    }

    @Test
    void crossesRedactionWhatItLooksLike() {
        BENCH.ctl("tenant", "update", "acme", "--redact", "mask", "--redact-pattern", "ones=1111|noon");
        try {
            String[] ids = called();
            HTTP.post(CHAT, next(MODEL, ids).replace(",\"x_new\":1e2", ""));
            assertThat(BENCH.behind().lastRequest().text()).contains(SIGNATURE).doesNotContain("noon");
            HTTP.post(CHAT, next("gpt-4o", ids));
            assertThat(BENCH.openAi().lastRequest().text())
                    .contains("\"" + plain(ids)[0] + "\"")
                    .doesNotContain("noon", SIGNATURE.substring(0, 20));
        } finally {
            BENCH.ctl("tenant", "update", "acme", "--redact", "off", "--redact-pattern", "none");
        }
    }

    @Test
    void isRepeatedUnchangedForOneIdempotencyKey() {
        BENCH.behind().on(ASKED, Script.answer(200, ANSWER, "Content-Type", "application/json"));
        String asked = "{\"model\":\"" + MODEL + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Again\"}]}";
        String first = HTTP.send(keyed(asked)).body();

        assertThat(first).contains("call_signed1_29call_");
        assertThat(HTTP.send(keyed(asked)).body()).isEqualTo(first);
    }

    private static HttpRequest.Builder keyed(String json) {
        return HTTP.request(CHAT)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "signed-calls")
                .POST(HttpRequest.BodyPublishers.ofString(json));
    }

    @Test
    void isNoMatterWhereAModelIsCalledSo() {
        String model = "call_signed1_02f1_AAAAAA0AQ";
        BENCH.ctl("route", "create", model, "--target", "up/gpt-4o");
        String[] ids = called();
        HttpResponse<String> answer = HTTP.post(CHAT, next(model, ids));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(BENCH.openAi().lastRequest().text()).isEqualTo(next("gpt-4o", plain(ids)));
    }

    @Test
    void isPassedThroughAsItIs() {
        String[] ids = called();
        BENCH.http("--passthrough").post("/p/up/chat/completions", next("gpt-4o", ids));

        assertThat(BENCH.openAi().lastRequest().text()).isEqualTo(next("gpt-4o", ids));
    }
}
