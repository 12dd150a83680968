package io.llmproxy.gateway.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction.Mode;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What was taken out is put back into the streams of every API, wherever a placeholder is split and wherever the network cuts. */
class AnswerRestorationTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String EVENTS = "text/event-stream; charset=utf-8";
    private static final String SAID = "To [EMAIL_1], [EM or [EMAIL_12] [EMAIL_1]";
    private static final String MEANT = "To a@b.example, [EM or [EMAIL_12] a@b.example";

    private static Vault vault() {
        byte[] body = "{\"x\":\"a@b.example\"}".getBytes(StandardCharsets.UTF_8);
        return Objects.requireNonNull(RequestRedaction.of(body, Redactor.of(PrivateKind.DEFAULTS), Mode.VAULT, 1)
                .vault());
    }

    private static String restored(String type, String answer, int seed) {
        AnswerRestoration restoration = AnswerRestoration.of(type, vault());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Pieces.feed(
                answer.getBytes(StandardCharsets.UTF_8),
                seed,
                (in, from, length) -> out.writeBytes(restoration.feed(in, from, length)));
        out.writeBytes(restoration.finish());
        return out.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]} ~ content ~ data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
                "data: {\"choices\":[{\"text\":\"%s\",\"index\":0,\"finish_reason\":null}]} ~ text ~ data: [DONE]",
                "event: content_block_delta⏎data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}} ~ text ~ event: content_block_stop⏎data: {\"type\":\"content_block_stop\",\"index\":1}",
                "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\"} ~ delta ~ data: {\"type\":\"response.output_text.done\",\"text\":\"x\"}",
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}],\"role\":\"model\"}}]} ~ text ~ data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}",
                "data: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"%s\"}}}} ~ text ~ data: {\"type\":\"message-end\"}",
            })
    void inEvents(String piece, String field, String end) {
        String event = piece.strip().replace('⏎', '\n') + "\n\n";
        String last = end.strip().replace('⏎', '\n') + "\n\n";
        for (int cut = 0; cut <= SAID.length(); cut++) {
            String stream = event.formatted(SAID.substring(0, cut)) + ": comment\n\n"
                    + event.formatted(SAID.substring(cut)) + last;
            for (int seed = 0; seed < 2; seed++) {
                String back = restored(EVENTS, stream, seed);
                assertThat(text(back, field, "data:"))
                        .as("cut at %d: %s", cut, back)
                        .isEqualTo(MEANT);
                assertThat(back).endsWith(last).contains(": comment\n\n");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"done\":false}\n",
                "{\"response\":\"%s\",\"done\":false}\n"
            })
    void inLines(String line) {
        String field = line.contains("response") ? "response" : "content";
        for (int cut = 0; cut <= SAID.length(); cut++) {
            String stream =
                    line.formatted(SAID.substring(0, cut)) + line.formatted(SAID.substring(cut)) + "{\"done\":true}\n";
            String back = restored("application/x-ndjson", stream, cut % 3);
            assertThat(text(back, field, "")).as("cut at %d: %s", cut, back).isEqualTo(MEANT);
        }
    }

    /** Gemini's stream without {@code alt=sse}. */
    @Test
    void inElementsOfAList() {
        String element = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}],\"role\":\"model\"}}]}";
        for (int cut = 0; cut <= SAID.length(); cut++) {
            String stream = " [" + element.formatted(SAID.substring(0, cut)) + "\r\n,\r\n"
                    + element.formatted(SAID.substring(cut)) + "\n,{\"candidates\":[{\"finishReason\":\"STOP\"}]}\n]\n";
            for (int seed = 0; seed < 3; seed++) {
                String back = restored("application/json", stream, seed);
                StringBuilder text = new StringBuilder();
                JSON.readTree(back).findValues("text").forEach(piece -> text.append(piece.stringValue()));
                assertThat(text).as("cut at %d: %s", cut, back).hasToString(MEANT);
                assertThat(back).startsWith(" [{").endsWith("\"STOP\"}]}\n]\n");
            }
        }
    }

    @Test
    void aListThatEndsWithinAPlaceholderIsStillAList() {
        String element = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"To [EMAIL_\"}]}}]}";
        for (String list : List.of("[%s]", "[%s\n,\n{\"usageMetadata\":{}}\n]")) {
            String back = restored("application/json", list.formatted(element), 1);
            StringBuilder text = new StringBuilder();
            JSON.readTree(back).findValues("text").forEach(piece -> text.append(piece.stringValue()));
            assertThat(text).as(back).hasToString("To [EMAIL_");
        }
    }

    @Test
    void elementsOfAListGoOnAsTheyCome() {
        AnswerRestoration restoration = AnswerRestoration.of("application/json", vault());
        byte[] first = "[{\"candidates\":[{\"text\":\"[EMAIL_1]\"}]}".getBytes(StandardCharsets.UTF_8);
        assertThat(new String(restoration.feed(first, 0, first.length), StandardCharsets.UTF_8))
                .isEqualTo("[{\"candidates\":[{\"text\":\"a@b.example\"}]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "[ ]\n",
                "[1,2]",
                " [ 1 , \"a\" , {\"x\":[1,{}]} ,[] ] ",
                "[{\"a\":\"]\\\"}[,\"}\n,\n2]\n",
                "[",
                "[[[",
                "[{]",
                "[1,2]]x[EMAIL_1]",
                "[\"[EMAIL_1]",
                "[,,]",
                "[{\"candidates\":\"[EM\"}",
                "[}]",
                "[\"\\"
            })
    void listsWithNothingToPutBackStayByteForByte(String list) {
        for (int seed = 0; seed < 4; seed++) {
            assertThat(restored("application/json", list, seed)).isEqualTo(list);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"[EMAIL_1]\"]", "[1,\"[EMAIL_1]\" ,{\"x\":\"[EMAIL_1]\"}]", "[[\"[EMAIL_1]\"]]"})
    void inListsOfAnyKind(String list) {
        for (int seed = 0; seed < 4; seed++) {
            assertThat(restored("application/json", list, seed)).isEqualTo(list.replace("[EMAIL_1]", "a@b.example"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"no brackets", "[", "[EMAIL_1", "data: x", "[1,2]", "{\"a\":\"[EMAIL_2]\"}", "", "\u00e9\n\n"})
    void allElseStaysByteForByte(String text) {
        String stream = "event: x\r\ndata: " + text + "\r\n\r\n: [EMAIL_1]\n\ndata: a\ndata: [EMAIL_1]\n\nid: 1";
        for (int seed = 0; seed < 4; seed++) {
            assertThat(restored(EVENTS, stream, seed)).isEqualTo(stream);
            assertThat(restored("audio/mpeg", stream, seed)).isEqualTo(stream);
            assertThat(restored("application/json", stream, seed)).isEqualTo(stream);
        }
    }

    /** All pieces of the text, put together. */
    private static String text(String stream, String field, String prefix) {
        StringBuilder text = new StringBuilder();
        for (String line : stream.lines().toList()) {
            if (line.startsWith(prefix) && line.contains("{")) {
                for (JsonNode piece : values(JSON.readTree(line.substring(prefix.length())), field)) {
                    text.append(piece.isString() && !piece.stringValue().equals("x") ? piece.stringValue() : "");
                }
            }
        }
        return text.toString();
    }

    private static List<JsonNode> values(JsonNode tree, String field) {
        return new ArrayList<>(tree.findValues(field));
    }
}
