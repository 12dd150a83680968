package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What is read of an answer on its way: the tokens that the provider counted, the text, and the end. */
class UsageTapTest {
    private static final String USAGE =
            "{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18,\"prompt_tokens_details\":{\"cached_tokens\":4,"
                    + "\"audio_tokens\":1},\"completion_tokens_details\":{\"reasoning_tokens\":3,\"audio_tokens\":2}}";

    private static final TokenUsage COUNTED = new TokenUsage(11, 7, 4, 0, 3, 1, 2, TokenUsage.Source.PROVIDER);

    @Test
    void findsUsageInADocumentWhereverThePiecesEnd() {
        byte[] json = bytes(
                "{\"id\":\"usage\",\"choices\":[{\"usage\":{\"prompt_tokens\":99},\"t\":\"\\\"usage\\\":{\"}],\"usage\" : "
                        + USAGE + ",\"x\":{\"usage\":{\"prompt_tokens\":98}}}");
        for (int i = 0; i <= json.length; i++) {
            assertThat(tapped("application/json", "", json, i))
                    .as("split at " + i)
                    .isEqualTo(COUNTED);
        }
    }

    @Test
    void findsUsageInAStreamWhereverThePiecesEnd() {
        byte[] stream = bytes(
                "data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}],\"usage\":null}\r\n\r\ndata: {\"choices\":[],\"usage\":"
                        + USAGE + "}\r\n\r\ndata: [DONE]\r\n\r\n");
        for (int i = 0; i <= stream.length; i++) {
            assertThat(tapped("text/event-stream; charset=utf-8", "", stream, i))
                    .isEqualTo(COUNTED);
        }
    }

    @Test
    void findsUsageInsideTheResponseOfAnEvent() {
        String event =
                "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"output\":[{\"usage\":{\"input_tokens\":1}}],"
                        + "\"usage\":{\"input_tokens\":5,\"input_tokens_details\":{\"cached_tokens\":2},\"output_tokens\":6,"
                        + "\"output_tokens_details\":{\"reasoning_tokens\":4}}}}\n\n";
        assertThat(tapped("text/event-stream", "", bytes(event), 3))
                .isEqualTo(new TokenUsage(5, 6, 2, 0, 4, 0, 0, TokenUsage.Source.PROVIDER));
    }

    @Test
    void addsCachedTokensThatAreCountedBesideTheInput() {
        String events =
                "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":100,"
                        + "\"cache_creation_input_tokens\":20,\"output_tokens\":1}}}\n\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":33}}\n\n";
        assertThat(tapped("text/event-stream", "", bytes(events), 50))
                .isEqualTo(new TokenUsage(130, 33, 100, 20, 0, 0, 0, TokenUsage.Source.PROVIDER));
    }

    @Test
    void readsEveryShapeThatProvidersPublish() {
        record Case(String what, String type, String body, TokenUsage usage) {}
        String json = "application/json";
        String events = "text/event-stream";
        for (Case c : List.of(
                new Case(
                        "embeddings",
                        json,
                        "{\"object\":\"list\",\"data\":[],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}",
                        TokenUsage.of(8, 0)),
                new Case(
                        "chat with cache writes",
                        json,
                        "{\"choices\":[],\"usage\":{\"prompt_tokens\":2006,\"completion_tokens\":300,\"prompt_tokens_details\":"
                                + "{\"cached_tokens\":1920,\"cache_write_tokens\":64},\"completion_tokens_details\":"
                                + "{\"reasoning_tokens\":128,\"accepted_prediction_tokens\":7,\"rejected_prediction_tokens\":9}}}",
                        new TokenUsage(2006, 300, 1920, 64, 128, 0, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "responses",
                        json,
                        "{\"id\":\"resp_1\",\"output\":[{\"content\":[{\"usage\":{\"input_tokens\":9}}]}],\"usage\":{\"input_tokens\":36,"
                                + "\"input_tokens_details\":{\"cached_tokens\":4,\"cache_write_tokens\":2},\"output_tokens\":87,"
                                + "\"output_tokens_details\":{\"reasoning_tokens\":5},\"total_tokens\":123}}",
                        new TokenUsage(36, 87, 4, 2, 5, 0, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "an incomplete response",
                        events,
                        "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
                                + "\"usage\":{\"input_tokens\":7,\"output_tokens\":16}}}\n\n",
                        TokenUsage.of(7, 16)),
                new Case(
                        "a failed response",
                        events,
                        "data: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\ndata: {\"type\":\"response.failed\","
                                + "\"response\":{\"error\":{},\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n",
                        TokenUsage.of(7, 1)),
                new Case(
                        "images",
                        json,
                        "{\"created\":1,\"data\":[{\"b64_json\":\"AAAA\"}],\"usage\":{\"total_tokens\":100,\"input_tokens\":50,"
                                + "\"output_tokens\":50,\"input_tokens_details\":{\"text_tokens\":10,\"image_tokens\":40}}}",
                        TokenUsage.of(50, 50)),
                new Case(
                        "a streamed image",
                        events,
                        "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"AAAA\","
                                + "\"usage\":{\"total_tokens\":9,\"input_tokens\":4,\"output_tokens\":5}}\n\n",
                        TokenUsage.of(4, 5)),
                new Case(
                        "a moderation",
                        json,
                        "{\"results\":[{}],\"usage\":{\"input_tokens\":6,\"output_tokens\":0,\"total_tokens\":6}}",
                        TokenUsage.of(6, 0)),
                new Case(
                        "a count of nothing, which is none",
                        json,
                        "{\"usage\":{\"input_tokens\":0,\"output_tokens\":0,\"cache_read_input_tokens\":0}}",
                        TokenUsage.NONE),
                new Case(
                        "a transcription by tokens",
                        json,
                        "{\"text\":\"hi\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,\"input_token_details\":{\"text_tokens\":10,"
                                + "\"audio_tokens\":4},\"output_tokens\":101,\"total_tokens\":115}}",
                        new TokenUsage(14, 101, 0, 0, 0, 4, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "a streamed transcription",
                        events,
                        "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hi\"}\n\ndata: {\"type\":\"transcript.text.done\",\"text\":"
                                + "\"hi\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,\"output_tokens\":1}}\n\n",
                        TokenUsage.of(14, 1)),
                new Case(
                        "a transcription by duration",
                        json,
                        "{\"text\":\"hi\",\"usage\":{\"type\":\"duration\",\"seconds\":3}}",
                        TokenUsage.NONE),
                new Case(
                        "DeepSeek",
                        json,
                        "{\"usage\":{\"prompt_tokens\":320,\"completion_tokens\":180,\"prompt_cache_hit_tokens\":256,"
                                + "\"prompt_cache_miss_tokens\":64,\"total_tokens\":500}}",
                        new TokenUsage(320, 180, 256, 0, 0, 0, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "Moonshot",
                        json,
                        "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":8,\"cached_tokens\":20}}",
                        new TokenUsage(30, 8, 20, 0, 0, 0, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "xAI, whose reasoning stands beside the completion",
                        json,
                        "{\"usage\":{\"prompt_tokens\":32,\"completion_tokens\":9,\"total_tokens\":135,"
                                + "\"completion_tokens_details\":{\"reasoning_tokens\":94}}}",
                        new TokenUsage(32, 103, 0, 0, 94, 0, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "Gemini in OpenAI's format, whose thoughts are in the total alone",
                        json,
                        "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":130}}",
                        TokenUsage.of(10, 120)),
                new Case(
                        "a total that is less than its parts",
                        json,
                        "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":5}}",
                        TokenUsage.of(10, 20)),
                new Case(
                        "a gateway that tells cached tokens in both ways",
                        json,
                        "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":8,\"cache_read_input_tokens\":20}}",
                        new TokenUsage(30, 8, 20, 0, 0, 0, 0, TokenUsage.Source.PROVIDER)),
                new Case(
                        "names written with escapes inside the object",
                        json,
                        "{\"usage\":{\"prompt\\u005ftokens\":30,\"completion_tokens\":8}}",
                        TokenUsage.of(30, 8)))) {
            byte[] body = bytes(c.body);
            for (int i = 0; i <= body.length; i++) {
                assertThat(tapped(c.type, "", body, i))
                        .as(c.what + ", split at " + i)
                        .isEqualTo(c.usage);
            }
        }
    }

    @Test
    void gathersTheTextOfAnAnswerOnceWhereverThePiecesEnd() {
        record Case(String type, String body, String text) {}
        for (Case c : List.of(
                new Case(
                        "text/event-stream",
                        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"H\u00e9\"},\"logprobs\":"
                                + "{\"content\":[{\"token\":\"x\",\"text\":\"no\"}]},\"finish_reason\":null}]}\n\n"
                                + "data: {\"choices\":[{\"delta\":{\"content\":\"llo \\\"you\\\"\\n\",\"reasoning_content\":\"think\","
                                + "\"reasoning_details\":[{\"text\":\"think\"}]}}]}\n\ndata: [DONE]\n\n",
                        "H\u00e9llo \\\"you\\\"\\nthink"),
                new Case(
                        "text/event-stream",
                        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
                                + "{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}}]}}]}\n\n",
                        "get{\\\"a\\\":1}"),
                new Case(
                        "application/json",
                        "{\"content\":\"x\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Hi\",\"annotations\":[]}}],"
                                + "\"model\":\"content\"}",
                        "Hi"),
                new Case(
                        "application/json",
                        "{\"choices\":[{\"text\":\"Hi\",\"logprobs\":{\"tokens\":[\"text\"]}}]}",
                        "Hi"),
                new Case(
                        "text/event-stream",
                        String.join(
                                "\n\n",
                                "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\",\"logprobs\":[]}",
                                "data: {\"type\":\"response.output_text.done\",\"text\":\"Hi\"}",
                                "data: {\"type\":\"response.content_part.done\",\"part\":{\"text\":\"Hi\"}}",
                                "data: {\"type\":\"response.output_item.done\",\"item\":{\"content\":[{\"text\":\"Hi\"}]}}",
                                "data: {\"type\":\"response.incomplete\",\"response\":{\"output\":[{\"content\":[{\"text\":\"Hi\"}]}]}}",
                                ""),
                        "Hi"),
                new Case(
                        "application/json",
                        "{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}]}",
                        "Hi"),
                new Case(
                        "text/event-stream",
                        "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
                        "Hi"))) {
            byte[] body = bytes(c.body);
            for (int i = 0; i <= body.length; i++) {
                UsageTap tap = UsageTap.of(c.type, "");
                Pieces.cut(body, tap::feed, i);
                DeliveredText text = tap.text();
                assertThat(new String(text.bytes(), 0, text.size(), StandardCharsets.UTF_8))
                        .as(c.body + ", split at " + i)
                        .isEqualTo(c.text);
                assertThat(text.length()).isEqualTo(bytes(c.text).length);
            }
        }
    }

    @Test
    void keepsABoundedPartOfALongTextAndCountsTheRest() {
        UsageTap tap = UsageTap.of("text/event-stream", "");
        byte[] event = bytes("data: {\"choices\":[{\"delta\":{\"content\":\"" + "x".repeat(1000) + "\"}}]}\n\n");
        for (int i = 0; i < 200; i++) {
            tap.feed(event, 0, event.length);
        }
        assertThat(tap.text().length()).isEqualTo(200_000);
        assertThat(tap.text().size()).isEqualTo(DeliveredText.MAX_KEPT);
        assertThat(tap.text().bytes().length).isEqualTo(DeliveredText.MAX_KEPT);
    }

    @Test
    void passesOverNumbersThatAreNoCounts() {
        String json =
                "{\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1e9,\"total_tokens\":99999999999999999999}}";
        assertThat(tapped("application/json", "", bytes(json), 0)).isEqualTo(TokenUsage.NONE);
        assertThat(tapped(
                        "application/json",
                        "",
                        bytes("{\"usage\":{\"prompt_tokens\":1.5,\"completion_tokens\":3}}"),
                        0))
                .isEqualTo(TokenUsage.of(0, 3));
        assertThat(tapped("application/json", "", bytes("{\"usage\":{\"prompt_tokens\":"), 0))
                .isEqualTo(TokenUsage.NONE);
        assertThat(tapped("application/json", "", bytes("{\"usage\":{]}}}}]]{\"usage\":7}"), 0))
                .isEqualTo(TokenUsage.NONE);
    }

    @Test
    void keepsNothingOfAnUsageObjectWithoutEnd() {
        byte[] json = bytes("{\"usage\":{\"a\":\"" + "x".repeat(100_000) + "\",\"prompt_tokens\":3}}");
        assertThat(tapped("application/json", "", json, 500)).isEqualTo(TokenUsage.NONE);
    }

    @Test
    void readsCodedAnswersWhereverThePiecesEnd() throws IOException {
        byte[] json = bytes("{\"choices\":[\"" + "abc".repeat(2000) + "\"],\"usage\":" + USAGE + "}");
        byte[] gzip = gzip(json);
        ByteArrayOutputStream zlib = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(zlib)) {
            out.write(json);
        }
        for (int i = 0; i <= gzip.length; i++) {
            assertThat(tapped("application/json", "gzip", gzip, i)).isEqualTo(COUNTED);
        }
        assertThat(tapped("application/json", "deflate", zlib.toByteArray(), 5)).isEqualTo(COUNTED);
        assertThat(tapped("application/json", "br", gzip, 5)).isEqualTo(TokenUsage.NONE);
        assertThat(tapped("application/json", "gzip", json, 5)).isEqualTo(TokenUsage.NONE);
    }

    @Test
    void readsAGzipHeaderWithAllItsOptions() throws IOException {
        byte[] plain = gzip(bytes("{\"usage\":{\"prompt_tokens\":3}}"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(plain, 0, 3);
        out.write(2 | 4 | 8 | 16);
        out.write(plain, 4, 6);
        out.writeBytes(new byte[] {2, 0, 'x', 'y', 'n', 'a', 0, 'c', 0, 1, 2});
        out.write(plain, 10, plain.length - 10);
        for (int i = 0; i <= out.size(); i++) {
            assertThat(tapped("application/json", "gzip", out.toByteArray(), i)).isEqualTo(TokenUsage.of(3, 0));
        }
    }

    @Test
    void knowsWhenAStreamHasToldItsLast() {
        for (String end : List.of(
                "data: [DONE]\n\n",
                "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
                "data: {\"type\": \"message_stop\" }\n\n")) {
            UsageTap tap = UsageTap.of("text/event-stream", "");
            byte[] stream =
                    ("data: {\"type\":\"message_stopped\"}\n\ndata: [DONE\n\n" + end).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < stream.length; i++) {
                assertThat(tap.done()).isFalse();
                tap.feed(stream, i, 1);
            }
            assertThat(tap.done()).as(end).isTrue();
        }
    }

    private static TokenUsage tapped(String type, String coding, byte[] body, int split) {
        UsageTap tap = UsageTap.of(type, coding);
        Pieces.cut(body, tap::feed, Math.min(split, body.length));
        return tap.usage();
    }

    static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
