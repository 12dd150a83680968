package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a stream is told apart into events. */
class SseReaderTest {
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
        Pieces.cut(stream, reader::feed, splits);
        return out;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
