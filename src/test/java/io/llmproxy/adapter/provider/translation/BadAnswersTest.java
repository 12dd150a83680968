package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.AwsMessages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What providers answer that they should not: an error that says so, never half an answer passed off as a whole one. */
class BadAnswersTest {
    private static final String OPENAI = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]%s}";
    private static final String ANTHROPIC =
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]%s}";
    private static final String START =
            "data: {\"type\":\"message_start\",\"message\":{\"id\":\"i\",\"model\":\"m\",\"usage\":{}}}\n\n";
    private static final String BLOCK =
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
    private static final String DELTA =
            "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n";

    /** What came before the failure, and the failure. */
    private record Broken(String before, UpstreamException failure) {}

    private static ProviderCall call(String provider, boolean stream, String type, String answer) {
        boolean binary = provider.equals("bedrock") && stream && !answer.startsWith("<");
        CannedProvider canned = new CannedProvider(
                Dialects.kind(provider),
                200,
                HeaderFields.of("Content-Type", type),
                binary ? AwsMessages.ofLines(answer) : answer.getBytes(StandardCharsets.UTF_8));
        String client = provider.equals("openai") || provider.equals("ollama") ? "anthropic" : "openai";
        String request = client.equals("openai") ? OPENAI : ANTHROPIC;
        return Dialects.call(
                Dialects.translating(canned, provider, false),
                client,
                request.formatted(stream ? ",\"stream\":true" : ""));
    }

    private static Broken broken(String provider, String events) throws IOException {
        String type = Dialects.provider(provider).streamFormat().contentType();
        try (ProviderCall call = call(provider, true, type, events)) {
            call.execute();
            ByteArrayOutputStream before = new ByteArrayOutputStream();
            InputStream body = call.body();
            try {
                for (int b = body.read(); b >= 0; b = body.read()) {
                    before.write(b);
                }
            } catch (UpstreamException e) {
                return new Broken(before.toString(StandardCharsets.UTF_8), e);
            }
            throw new AssertionError("it ended well: " + before.toString(StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "openai|application/json|``",
                "openai|application/json|{}",
                "openai|application/json|[]",
                "openai|application/json|null",
                "openai|application/json|{\"choices\":[]}",
                "openai|application/json|{\"choices\":[{\"message\":\"x\"}]}",
                "openai|application/json|{\"choices\":[{\"message\":{\"content\":\"ha",
                "openai|application/json|{\"choices\":[{\"message\":{\"tool_calls\":[{}]}}]}",
                "openai|application/json|{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"i\",\"function\":{\"name\":\"f\",\"arguments\":\"no json\"}}]}}]}",
                "openai|application/json|{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"i\",\"function\":{\"name\":\"f\",\"arguments\":\"[1]\"}}]}}]}",
                "openai|text/html|<html></html>",
                "openai|text/event-stream|data: [DONE]",
                "anthropic|application/json|``",
                "anthropic|application/json|{}",
                "anthropic|application/json|{\"content\":\"x\"}",
                "anthropic|application/json|{\"content\":[{\"type\":\"tool_use\"}]}",
                "anthropic|application/json|{\"content\":[{\"type\":\"text\",\"te",
                "anthropic|text/html|<html></html>",
                "ollama|application/json|``",
                "ollama|application/json|{}",
                "ollama|application/json|{\"message\":{\"content\":\"half\"},\"done\":false}",
                "ollama|application/json|{\"message\":{\"content\":\"half",
                "ollama|application/json|{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"no json\"}}]},\"done\":true}",
                "ollama|text/html|<html></html>",
                "cohere|application/json|``",
                "cohere|application/json|{}",
                "cohere|application/json|{\"message\":{\"tool_calls\":[{}]}}",
                "cohere|text/html|<html></html>",
                "bedrock|application/json|``",
                "bedrock|application/json|{}",
                "bedrock|application/json|{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"name\":\"f\"}}]}}}",
                "bedrock|application/json|{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"toolUseId\":\"i\",\"name\":\"f\",\"input\":\"no json\"}}]}}}",
                "bedrock|text/html|<html></html>"
            })
    void noAnswerOfTheApiIsAnErrorBeforeTheHead(String provider, String type, String answer) {
        try (ProviderCall call = call(provider, false, type, answer)) {
            assertThatThrownBy(call::execute)
                    .isInstanceOfSatisfying(
                            UpstreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREADABLE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama", "cohere", "bedrock"})
    void noStreamWhereOneWasAskedForIsAnErrorBeforeTheHead(String provider) {
        try (ProviderCall call = call(provider, true, "text/html", "<html></html>")) {
            assertThatThrownBy(call::execute).isInstanceOf(UpstreamException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                DELTA,
                BLOCK,
                START + DELTA,
                START + START,
                START + BLOCK + BLOCK,
                START + BLOCK + "data: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
                START + "data: {\"type\":\"message_stop\"}\n\n",
                START + BLOCK + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
                START + "data: {\"type\":\"content_blo\n\n",
                START + "data: 5\n\n",
                START + "data: <html>\n\n",
                START
                        + "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\"}}\n\n"
            })
    void eventsOutOfOrderEndAStreamOfAnthropics(String events) throws IOException {
        Broken broken = broken("anthropic", events);

        assertThat(broken.failure().kind()).isEqualTo(Kind.UNREADABLE);
        assertThat(broken.before()).doesNotContain("[DONE]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"choices\":[{\"delta\":{\"content\":\n\n",
                "data: []\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"late\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"a\",\"arguments\":\"no json\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"a\",\"arguments\":\"{\"}}]}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}},{\"index\":1,\"function\":{\"name\":\"b\"}},{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]}}]}\n\n"
            })
    void eventsOutOfOrderEndAStreamOfOpenAis(String events) throws IOException {
        Broken broken = broken("openai", events);

        assertThat(broken.failure().kind()).isEqualTo(Kind.UNREADABLE);
        assertThat(broken.before()).doesNotContain("message_stop");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ollama|{\"message\":{\"content\":\"a\"",
                "ollama|<html>",
                "ollama|{\"done\":false}",
                "ollama|{\"message\":{\"tool_calls\":[{\"function\":{}}]},\"done\":false}",
                "ollama|{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]},\"done\":false}",
                "cohere|data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"a\"}}}}",
                "cohere|data: {\"type\":\"message-end\",\"delta\":{}}",
                "cohere|data: {\"type\":\"message-st",
                "cohere|data: <html>",
                "bedrock|messageStop {\"stopReason\":\"end_turn\"}",
                "bedrock|contentBlockDelta {\"delta\":{\"text\":\"a\"}}",
                "bedrock|messageStart {\"ro",
                "bedrock|messageStart <html>",
                "bedrock|messageStart {}~messageStart {}",
                "bedrock|messageStart {}~contentBlockStart {\"start\":{\"toolUse\":{}}}",
                "bedrock|messageStart {}~contentBlockDelta {\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}",
                "bedrock|messageStart {}~contentBlockStart {\"start\":{\"toolUse\":{\"toolUseId\":\"i\",\"name\":\"f\"}}}~messageStop {}",
                "bedrock|messageStart {}~messageStop {}~contentBlockDelta {\"delta\":{\"text\":\"late\"}}"
            })
    void eventsOutOfOrderEndAStreamOfOthers(String provider, String events) throws IOException {
        Broken broken = broken(provider, events.replace('~', '\n') + "\n\n");

        assertThat(broken.failure().kind()).isEqualTo(Kind.UNREADABLE);
        assertThat(broken.before()).doesNotContain("[DONE]", "message_stop");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ollama|{\"message\":{\"content\":\"hi\"},\"done\":false}",
                "cohere|data: {\"type\":\"message-start\"}~~data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"hi\"}}}}",
                "bedrock|messageStart {}~contentBlockDelta {\"delta\":{\"text\":\"hi\"}}"
            })
    void othersThatEndBeforeTheirEndAreTruncatedToo(String provider, String events) throws IOException {
        Broken broken = broken(provider, events.replace('~', '\n') + "\n\n");

        assertThat(broken.failure().kind()).isEqualTo(Kind.TRUNCATED);
        assertThat(broken.before()).contains("\"hi\"").doesNotContain("[DONE]", "message_stop");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ollama|{\"error\":\"an error secret\"}|`null`",
                "cohere|data: {\"type\":\"message-start\"}~~data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\"}}|ERROR",
                "cohere|data: {\"id\":\"i\",\"message\":\"secret\"}|`null`",
                "bedrock|messageStart {}~throttlingException {\"message\":\"secret\"}|throttlingException"
            })
    void errorsWithinStreamsOfOthersAreReportedByTheirTypeAlone(String provider, String events, String type)
            throws IOException {
        Broken broken = broken(provider, events.replace('~', '\n') + "\n\n");

        assertThat(broken.failure().kind()).isEqualTo(Kind.REPORTED);
        assertThat(String.valueOf(broken.failure().reported())).isEqualTo(type);
        assertThat(broken.failure()).hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ollama|{\"message\":{\"content\":\"hi\",\"later\":[1]},\"done\":true,\"eval_count\":-5}",
                "cohere|: hello~~data: {\"type\":\"message-start\"}~~data: {\"type\":\"debug\",\"x\":[]}~~data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"hi\"}}}}~~data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"NEW\",\"usage\":{\"tokens\":{\"input_tokens\":-1}}}}",
                "bedrock|messageStart {}~later {\"x\":[]}~contentBlockDelta {\"delta\":{\"text\":\"hi\",\"later\":{}}}~messageStop {\"stopReason\":\"new\"}~metadata {\"usage\":{\"inputTokens\":-1}}"
            })
    void whatNobodyKnowsYetIsPassedOverAndNegativeUsageIsNone(String provider, String events) throws IOException {
        String type = Dialects.provider(provider).streamFormat().contentType();
        try (ProviderCall call = call(provider, true, type, events.replace('~', '\n') + "\n\n")) {
            call.execute();
            String body = new String(call.body().readAllBytes(), StandardCharsets.UTF_8);

            boolean lines = provider.equals("ollama");
            assertThat(body).contains("\"hi\"");
            assertThat(body)
                    .contains(lines ? "\"stop_reason\":\"end_turn\"" : "\"finish_reason\":\"stop\"")
                    .endsWith(lines ? "data: {\"type\":\"message_stop\"}\n\n" : "data: [DONE]\n\n")
                    .doesNotContain("\"output_tokens\":-5");
        }
    }

    @Test
    void aBinaryStreamThatIsHtmlOrHasABadChecksumIsUnreadable() throws IOException {
        assertThat(broken("bedrock", "<html><body>not an event stream</body></html>")
                        .failure()
                        .kind())
                .isEqualTo(Kind.UNREADABLE);
    }

    @Test
    void whatEndsBeforeItsEndIsTruncatedAndWhatCameIsDelivered() throws IOException {
        Broken anthropic = broken("anthropic", START + BLOCK + DELTA);
        Broken openAi = broken("openai", "data: {\"id\":\"i\",\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n");
        Broken nothing = broken("openai", "");

        assertThat(anthropic.failure().kind()).isEqualTo(Kind.TRUNCATED);
        assertThat(anthropic.before()).contains("\"content\":\"hi\"").doesNotContain("[DONE]");
        assertThat(openAi.failure().kind()).isEqualTo(Kind.TRUNCATED);
        assertThat(openAi.before()).contains("\"text\":\"hi\"").doesNotContain("message_stop");
        assertThat(nothing.failure().kind()).isEqualTo(Kind.TRUNCATED);
    }

    @Test
    void anErrorWithinAStreamIsReportedByItsTypeAlone() throws IOException {
        Broken overloaded = broken(
                "anthropic",
                START + BLOCK + DELTA
                        + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"secret\"}}\n\n");
        Broken odd = broken("openai", "data: {\"error\":{\"type\":\"<b>\",\"message\":\"secret\"}}\n\n");

        assertThat(overloaded.failure().kind()).isEqualTo(Kind.REPORTED);
        assertThat(overloaded.failure().reported()).isEqualTo("overloaded_error");
        assertThat(overloaded.failure()).hasMessageNotContaining("secret");
        assertThat(odd.failure().reported()).isNull();
    }

    @Test
    void eventsThatNobodyKnowsYetArePassedOver() throws IOException {
        String events =
                START + "event: later\ndata: {\"type\":\"later\",\"x\":[{}]}\n\n" + ": comment\n\n" + BLOCK + DELTA
                        + "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
                        + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"new_reason\"},\"usage\":{\"output_tokens\":-3}}\n\n"
                        + "data: {\"type\":\"message_stop\"}\n\n";
        try (ProviderCall call = call("anthropic", true, "text/event-stream", events)) {
            call.execute();
            String body = new String(call.body().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(body)
                    .contains("\"finish_reason\":\"stop\"")
                    .endsWith("data: [DONE]\n\n")
                    .doesNotContain("usage");
        }
    }
}
