package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The usage that only the gateway asked for is kept from the client, and nothing else. */
class UsageFilterTest {
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

    /** An image in a stream is of such a size. */
    @Test
    void takesItOutOfAnEventThatIsTooLargeToBeKept() throws IOException {
        String image = "x".repeat(1_500_000);
        byte[] large = bytes("data: {\"c\":\"" + image + "\",\"usage\":null,\"obfuscation\":\"a\"}\n\n"
                + "data: {\"choices\":[],\"usage\":{}}\n\ndata: {\"z\":2,\"usage\":null}\n\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        UsageFilter filter = new UsageFilter(out::write);
        for (int i = 0; i < large.length; i += 10_000) {
            filter.feed(large, i, Math.min(10_000, large.length - i));
        }
        filter.finish();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("data: {\"c\":\"" + image + "\",\"obfuscation\":\"a\"}\n\ndata: {\"z\":2}\n\n");
    }

    private static String filtered(byte[] stream, int split) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        UsageFilter filter = new UsageFilter(out::write);
        filter.feed(stream, 0, split);
        filter.feed(stream, split, stream.length - split);
        filter.finish();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
