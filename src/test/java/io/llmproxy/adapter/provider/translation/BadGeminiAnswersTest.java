package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same of Gemini's: what it answers that it should not is an error that says so, for clients of either dialect. */
class BadGeminiAnswersTest {
    private static final String TEXT = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]}}]}\n\n";
    private static final String END = "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n";

    private static ProviderCall call(String client, int status, boolean stream, String type, String answer) {
        CannedProvider canned = new CannedProvider(
                Dialects.kind("gemini"),
                status,
                HeaderFields.of("Content-Type", type),
                answer.getBytes(StandardCharsets.UTF_8));
        String request = "{\"model\":\"gemini-2.5-flash\",\"max_tokens\":9,\"stream\":" + stream
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
        return Dialects.call(Dialects.translating(canned, "gemini", false), client, request);
    }

    private static String body(ProviderCall call) throws IOException {
        return new String(call.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "application/json|``",
                "application/json|{}",
                "application/json|[]",
                "application/json|null",
                "application/json|{\"candidates\":[]}",
                "application/json|{\"candidates\":{}}",
                "application/json|{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ha",
                "application/json|{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"args\":{}}}]}}]}",
                "application/json|{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":\"no json\"}}]}}]}",
                "application/json|{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":[1]}}]}}]}",
                "text/html|<html></html>",
                "text/event-stream|data: {}"
            })
    void noAnswerOfTheApiIsAnErrorBeforeTheHead(String type, String answer) {
        for (String client : Dialects.ALL.keySet()) {
            try (ProviderCall call = call(client, 200, false, type, answer)) {
                assertThatThrownBy(call::execute)
                        .isInstanceOfSatisfying(
                                UpstreamException.class,
                                e -> assertThat(e.kind()).isEqualTo(Kind.UNREADABLE));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: <html>\n\n",
                "data: []\n\n",
                "data: {\"candidates\":[{\"content\":\n\n",
                TEXT + END + TEXT,
                TEXT + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}}]}}]}\n\n",
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":\"{}\"}}]}}]}\n\n"
            })
    void whatIsOutOfOrderEndsAStream(String events) throws IOException {
        for (String client : Dialects.ALL.keySet()) {
            assertThat(failure(client, events).kind()).isEqualTo(Kind.UNREADABLE);
        }
    }

    @Test
    void aStreamWithoutAnEndIsTruncatedAndAReportedErrorIsTold() throws IOException {
        String error = "data: {\"error\":{\"code\":503,\"message\":\"secret\",\"status\":\"UNAVAILABLE\"}}\n\n";
        for (String client : Dialects.ALL.keySet()) {
            UpstreamException reported = failure(client, TEXT + error);

            assertThat(failure(client, TEXT).kind()).isEqualTo(Kind.TRUNCATED);
            assertThat(failure(client, "").kind()).isEqualTo(Kind.TRUNCATED);
            assertThat(reported.kind()).isEqualTo(Kind.REPORTED);
            assertThat(reported).hasMessageNotContaining("secret");
        }
    }

    @Test
    void eventsAndPartsThatNobodyKnowsYetArePassedOver() throws IOException {
        String events = "event: later\ndata: {\"later\":[{}]}\n\n: comment\n\n"
                + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"hologram\":{}}]},\"later\":1}]}\n\n" + TEXT + END;
        try (ProviderCall call = call("openai", 200, true, "text/event-stream", events)) {
            call.execute();

            assertThat(body(call)).contains("\"content\":\"hi\"").endsWith("data: [DONE]\n\n");
        }
    }

    /** 529 is Anthropic's, and servers in between answer it with pages of their own. */
    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503, 529})
    void errorsWithoutTheFormOfTheApiKeepTheirStatus(int status) throws IOException {
        for (String body : new String[] {"", "<html>", "{\"error\":", "{\"error\":\"x\"}", "[]"}) {
            for (String client : Dialects.ALL.keySet()) {
                try (ProviderCall call = call(client, status, false, "text/html", body)) {
                    int told = call.execute().status();

                    assertThat(told).isEqualTo(status == 529 && client.equals("openai") ? 503 : status);
                    assertThat(body(call)).contains("\"error\":").doesNotContain("<html>");
                }
            }
        }
    }

    private static UpstreamException failure(String client, String events) throws IOException {
        try (ProviderCall call = call(client, 200, true, "text/event-stream", events)) {
            call.execute();
            ByteArrayOutputStream before = new ByteArrayOutputStream();
            InputStream body = call.body();
            try {
                body.transferTo(before);
            } catch (UpstreamException e) {
                assertThat(before.toString(StandardCharsets.UTF_8)).doesNotContain("[DONE]", "message_stop");
                return e;
            }
            throw new AssertionError("it ended well: " + before.toString(StandardCharsets.UTF_8));
        }
    }
}
