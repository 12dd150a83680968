package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.usage.TokenUsage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class StreamScannersTest {
    private static final String USAGE =
            "{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18,\"prompt_tokens_details\":{\"cached_tokens\":4,"
                    + "\"audio_tokens\":1},\"completion_tokens_details\":{\"reasoning_tokens\":3,\"audio_tokens\":2}}";
    private static final TokenUsage COUNTED = new TokenUsage(11, 7, 4, 0, 3, 1, 2, TokenUsage.Source.PROVIDER);

    // --- events

    @Test
    void splitsEventsWhereverThePiecesEnd() {
        String stream =
                ": hello\r\n\r\ndata: {\"a\":\"é€\uD83D\uDE00\"}\n\ndata:one\ndata: two\r\rid: 7\ndata\ndata: x\n\nevent: e\r\ndata: [DONE]\r\n\r\n";
        List<String> whole = events(bytes(stream), new int[] {});
        assertThat(whole).containsExactly("", "{\"a\":\"é€\uD83D\uDE00\"}", "one\ntwo", "\nx", "[DONE]");
        byte[] all = bytes(stream);
        for (int i = 0; i <= all.length; i++) {
            for (int j = i; j <= all.length; j += 3) {
                assertThat(events(all, new int[] {i, j}))
                        .as("split at " + i + ", " + j)
                        .isEqualTo(whole);
            }
        }
    }

    private static List<String> events(byte[] stream, int[] splits) {
        List<String> out = new ArrayList<>();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        SseReader reader = new SseReader(new SseReader.Listener() {
            @Override
            public void data(byte[] in, int from, int length) {
                data.write(in, from, length);
            }

            @Override
            public void eventEnd(int next) {
                out.add(data.toString(StandardCharsets.UTF_8));
                data.reset();
            }
        });
        feed(stream, splits, reader::feed);
        return out;
    }

    // --- usage

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

    // --- the text that was delivered

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
                feed(body, new int[] {i}, tap::feed);
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

    private static TokenUsage tapped(String type, String coding, byte[] body, int split) {
        UsageTap tap = UsageTap.of(type, coding);
        feed(body, new int[] {Math.min(split, body.length)}, tap::feed);
        return tap.usage();
    }

    static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    // --- the usage that only the gateway asked for

    @Test
    void takesOutExactlyWhatTheClientDidNotAskFor() throws IOException {
        for (String end : List.of("\n", "\r\n", "\r")) {
            String stream = String.join(
                            "",
                            ": keep\n\ndata: {\"id\":1,\"choices\":[{\"delta\":{\"content\":\"é\"}}],\"usage\":null}\n\n",
                            "event: x\ndata: {\"usage\": null , \"choices\":[1]}\n\n",
                            "data: {\"choices\":[1], \"usage\":null,\"z\":2}\n\n",
                            "data: not json\n\ndata: {\"choices\":[1],\"usage\":{\"a\":1}}\n\n",
                            "data: {\"choices\":[ ],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]\n\ndata: tail")
                    .replace("\n", end);
            String expected = String.join(
                            "",
                            ": keep\n\ndata: {\"id\":1,\"choices\":[{\"delta\":{\"content\":\"é\"}}]}\n\n",
                            "event: x\ndata: {\"choices\":[1]}\n\n",
                            "data: {\"choices\":[1],\"z\":2}\n\n",
                            "data: not json\n\ndata: {\"choices\":[1],\"usage\":{\"a\":1}}\n\n",
                            "data: [DONE]\n\ndata: tail")
                    .replace("\n", end);
            byte[] all = bytes(stream);
            for (int i = 0; i <= all.length; i++) {
                assertThat(filtered(all, i)).as("split at " + i).isEqualTo(expected);
            }
        }
    }

    @Test
    void takesItOutOfDataInSeveralLinesAndLeavesTheOtherLines() throws IOException {
        for (String end : List.of("\n", "\r\n", "\r")) {
            String stream = String.join(
                            "",
                            "id: 1\ndata: {\"choices\":[1],\ndata:\"usage\":\ndata: null,\nretry: 5\ndata: \"z\":\"\u20ac\"}\n\n",
                            "data: {\"usage\":\n: in between\ndata: null,\"choices\":[2]}\n\n",
                            "event: x\ndata: {\"choices\":\ndata: [\ndata: ],\"usage\":{\"a\":1}}\n\n",
                            ": still there\ndata: {\"choices\":[],\"usage\":{\"a\":1}}\nid: 7\n\n",
                            "data: {\"delta\":\"\\\"usage\\\":null\",\"choices\":[3]}\n\n",
                            "data\n\ndata:[DONE]\n\n")
                    .replace("\n", end);
            String expected = String.join(
                            "",
                            "id: 1\ndata: {\"choices\":[1]\ndata:\ndata: ,\nretry: 5\ndata: \"z\":\"\u20ac\"}\n\n",
                            "data: {\n: in between\ndata: \"choices\":[2]}\n\n",
                            ": still there\nid: 7\n\n",
                            "data: {\"delta\":\"\\\"usage\\\":null\",\"choices\":[3]}\n\n",
                            "data\n\ndata:[DONE]\n\n")
                    .replace("\n", end);
            byte[] all = bytes(stream);
            for (int i = 0; i <= all.length; i++) {
                assertThat(filtered(all, i)).as("split at " + i).isEqualTo(expected);
            }
        }
    }

    @Test
    void leavesOutEveryNullUsageThatAProviderSendsTwice() throws IOException {
        String[][] cases = {
            {"{\"usage\":null,\"usage\":null}", "{}"},
            {"{\"usage\":null , \"usage\":null, \"a\":1}", "{\"a\":1}"},
            {"{\"a\":1,\"usage\":null,\"usage\" : null,\"b\":2}", "{\"a\":1,\"b\":2}"},
            {"{\"usage\":null,\"a\":1,\"usage\":null}", "{\"a\":1}"},
            {"{\"a\":1,\"usage\":null,\"b\":2,\"usage\":null}", "{\"a\":1,\"b\":2}"},
            // both null and not: the provider's own affair
            {"{\"usage\":null,\"usage\":{}}", "{\"usage\":null,\"usage\":{}}"},
            {"{\"usage\":{},\"usage\":null,\"choices\":[]}", "{\"usage\":{},\"usage\":null,\"choices\":[]}"},
        };
        for (String[] one : cases) {
            byte[] all = bytes("data: " + one[0] + "\n\n");
            for (int i = 0; i <= all.length; i++) {
                assertThat(filtered(all, i)).as("split at " + i).isEqualTo("data: " + one[1] + "\n\n");
            }
        }
        // in two lines of data
        assertThat(filtered(bytes("data: {\"usage\":null,\"a\":1\ndata: ,\"usage\":null}\n\n"), 0))
                .isEqualTo("data: {\"a\":1\ndata: }\n\n");
    }

    @Test
    void passesEventsThatComeTogetherOnTogether() throws IOException {
        List<String> writes = new ArrayList<>();
        UsageFilter filter =
                new UsageFilter((b, from, length) -> writes.add(new String(b, from, length, StandardCharsets.UTF_8)));
        byte[] piece = bytes("data: 1\n\ndata: 2\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: 3\n\ndata: 4");
        filter.feed(piece, 0, piece.length);
        assertThat(writes).containsExactly("data: 1\n\ndata: 2\n\n", "data: 3\n\n");
    }

    @Test
    void writesNothingMoreToAClientThatIsGone() {
        List<Integer> writes = new ArrayList<>();
        UsageFilter filter = new UsageFilter((b, from, length) -> {
            writes.add(length);
            throw new IOException("broken pipe");
        });
        byte[] piece = bytes("data: {\"usage\":null}\n\ndata: {\"usage\":null}\n\n");
        assertThatThrownBy(() -> filter.feed(piece, 0, piece.length)).hasMessage("broken pipe");
        assertThat(writes).hasSize(1);
    }

    @Test
    void passesAnEventOnAsSoonAsItIsComplete() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        UsageFilter filter = new UsageFilter(out::write);
        byte[] first = bytes("data: {\"a\":1}\n\ndata: {\"b");
        filter.feed(first, 0, first.length);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("data: {\"a\":1}\n\n");
    }

    @Test
    void passesOnAnEventThatIsTooLargeToLookAt() throws IOException {
        byte[] large = bytes("data: {\"c\":\"" + "x".repeat(1_500_000)
                + "\",\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: 2\n\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        UsageFilter filter = new UsageFilter(out::write);
        for (int i = 0; i < large.length; i += 10_000) {
            filter.feed(large, i, Math.min(10_000, large.length - i));
        }
        filter.finish();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("data: {\"c\":\"" + "x".repeat(1_500_000) + "\",\"usage\":null}\n\ndata: 2\n\n");
    }

    private static String filtered(byte[] stream, int split) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        UsageFilter filter = new UsageFilter(out::write);
        filter.feed(stream, 0, split);
        filter.feed(stream, split, stream.length - split);
        filter.finish();
        return out.toString(StandardCharsets.UTF_8);
    }

    // --- multipart

    @Test
    void findsTheModelWhereverThePiecesEnd() {
        String body = String.join(
                "",
                "preamble\r\n--b0--undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"model\"\r\n",
                "Content-Type: audio/wav\r\n\r\n\r\n--b0--undar\r\r\n--b0--undaryX\r\n-\r\n\r\n--b0--undary \t\r\n",
                "content-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b0--undary\r\n",
                "Content-Disposition: form-data; name=model2\r\n\r\n\r\n--b0--undary--\r\nepilogue");
        byte[] all = bytes(body);
        for (int i = 0; i <= all.length; i++) {
            MultipartScanner scanner = new MultipartScanner("b0--undary", "model");
            feed(all, new int[] {i}, scanner::feed);
            scanner.finish();
            assertThat(scanner.found()).isEqualTo(1);
            assertThat(body.substring((int) scanner.valueStart(), (int) scanner.valueEnd()))
                    .isEqualTo("whisper-1");
        }
    }

    @Test
    void countsAFieldThatStandsTwiceAndFindsAnEmptyOne() {
        String part = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n";
        MultipartScanner twice = scanned(part + "a\r\n" + part + "b\r\n--b--\r\n");
        assertThat(twice.found()).isEqualTo(2);
        MultipartScanner empty = scanned(part + "\r\n--b--");
        assertThat(empty.found()).isEqualTo(1);
        assertThat(empty.valueEnd()).isEqualTo(empty.valueStart());
        assertThat(scanned("--b--\r\n").found()).isZero();
    }

    @Test
    void refusesABodyThatBreaksOffOrHasNoBoundary() {
        for (String body : List.of(
                "",
                "--b",
                "--b\r\n",
                "--b\r\nA: b\r\n\r\nx",
                "--b\r\nA: b\r\n\r\nx\r\n--b",
                "x--b--",
                "--b\nA: b\n\nx\n--b--")) {
            assertThatThrownBy(() -> scanned(body)).as(body).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> scanned("--b\r\nno colon\r\n\r\nx\r\n--b--")).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> scanned("--b\r\nA: " + "x".repeat(20_000) + "\r\n\r\n\r\n--b--"))
                .hasMessageContaining("header of a part");
    }

    @Test
    void readsTheBoundaryOfAContentType() {
        assertThat(MultipartScanner.boundary("multipart/form-data; boundary=abc"))
                .isEqualTo("abc");
        assertThat(MultipartScanner.boundary("multipart/form-data; charset=\"x;boundary=no\"; Boundary=\"a b;c\"; z=1"))
                .isEqualTo("a b;c");
        for (String bad : List.of(
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=" + "x".repeat(71),
                "multipart/form-data; boundary=\"a \"")) {
            assertThatThrownBy(() -> MultipartScanner.boundary(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    private static MultipartScanner scanned(String body) {
        MultipartScanner scanner = new MultipartScanner("b", "model");
        byte[] bytes = bytes(body);
        scanner.feed(bytes, 0, bytes.length);
        scanner.finish();
        return scanner;
    }

    private interface Feed {
        void feed(byte[] in, int from, int length);
    }

    private static void feed(byte[] all, int[] splits, Feed feed) {
        int at = 0;
        for (int split : splits) {
            feed.feed(all, at, split - at);
            at = split;
        }
        feed.feed(all, at, all.length - at);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
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

    @Test
    void readsTheListsOfModelsThatProvidersGive() {
        for (String list : List.of(
                "{\"object\":\"list\",\"data\":[{\"id\":\"m-1\",\"created\":5,\"owned_by\":\"o\"}]}",
                "{\"data\":[{\"type\":\"model\",\"id\":\"m-1\",\"display_name\":\"M\"}],\"has_more\":false}",
                "{\"models\":[{\"name\":\"models/m-1\",\"displayName\":\"M\"}]}",
                "{\"models\":[{\"name\":\"m-1\",\"endpoints\":[\"chat\"],\"default_endpoints\":[]}],\"next_page_token\":\"\"}",
                "{\"models\":[{\"name\":\"m-1\",\"model\":\"m-1\",\"details\":{\"family\":\"x\"}}]}",
                "{\"modelSummaries\":[{\"modelArn\":\"arn:x\",\"modelId\":\"m-1\",\"modelName\":\"M\"}]}",
                "[{\"id\":\"m-1\",\"object\":\"model\",\"created\":5}]")) {
            assertThat(ModelList.read(list.getBytes(StandardCharsets.UTF_8)))
                    .as(list)
                    .extracting(ModelList.Model::id)
                    .containsExactly("m-1");
        }
    }
}
