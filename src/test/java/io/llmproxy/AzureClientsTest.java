package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Clients of Azure: the deployment in the path is the model, and the body says so to providers that read it there. */
class AzureClientsTest {
    private static final String AT = "/openai/deployments/gpt-4o-mini/";
    private static final ClientBench BENCH = ClientBench.start("anthropic", "claude-*");
    private static final FakeProvider UP = BENCH.openAi();
    private static final Http HTTP = BENCH.http();

    @AfterAll
    static void stop() {
        BENCH.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{ \"messages\":[] }|{\"model\":\"gpt-4o-mini\", \"messages\":[] }",
                "{}|{\"model\":\"gpt-4o-mini\"}",
                "{\"model\":\"gpt-4o-mini\",\"n\":1}|{\"model\":\"gpt-4o-mini\",\"n\":1}",
                "{\"model\" : \"other\",\"n\":1e0}|{\"model\" : \"gpt-4o-mini\",\"n\":1e0}"
            })
    void theBodyComesToSayTheModelAndIsOtherwiseAsItWas(String asked, String sent) {
        HttpResponse<String> answer = HTTP.post(AT + "chat/completions?api-version=2024-10-21&x=1", asked);

        assertThat(UP.lastRequest().target()).isEqualTo("/v1/chat/completions?x=1");
        assertThat(UP.lastRequest().text()).isEqualTo(sent);
        JsonNode record = BENCH.record(answer);
        assertThat(record.path("model").asString("")).isEqualTo("gpt-4o-mini");
        assertThat(record.path("endpoint").asString("")).isEqualTo("/v1/chat/completions");
    }

    @Test
    void aFormComesToSayTheModel() {
        String form =
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--b--\r\n";
        HTTP.send(HTTP.request(AT + "audio/transcriptions?api-version=1")
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofString(form)));

        assertThat(UP.lastRequest().target()).isEqualTo("/v1/audio/transcriptions");
        assertThat(UP.lastRequest().text())
                .isEqualTo("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o-mini\r\n" + form);
    }

    @Test
    void streamsAreMetered() {
        HttpResponse<String> answer = HTTP.post(
                AT + "chat/completions?api-version=1",
                "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

        assertThat(answer.body()).endsWith("data: [DONE]\n\n").doesNotContain("\"usage\"");
        assertThat(BENCH.record(answer).path("inputTokens").asLong()).isEqualTo(7);
    }

    @Test
    void theModelOfThePathIsTheOneThatAKeyMayUse() {
        Http scoped = BENCH.http("--models", "gpt-4o");
        int before = BENCH.sent();
        HttpResponse<String> answer = scoped.post(AT + "chat/completions", "{\"model\":\"gpt-4o\",\"messages\":[]}");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(Http.error(answer)).isEqualTo("permission_error/model_not_allowed");
        assertThat(BENCH.sent()).isEqualTo(before);
    }

    @Test
    void whatLiesBelowOpenaiV1IsWhatLiesBelowV1() {
        assertThat(Http.json(HTTP.get("/openai/v1/models")).at("/data/0/object").asString(""))
                .isEqualTo("model");
        HTTP.post("/openai/v1/chat/completions?api-version=preview", Http.CHAT);
        assertThat(UP.lastRequest().target()).isEqualTo("/v1/chat/completions");
        assertThat(UP.lastRequest().text()).isEqualTo(Http.CHAT);
        assertThat(HTTP.get("/openai/other").statusCode()).isEqualTo(404);
    }
}
