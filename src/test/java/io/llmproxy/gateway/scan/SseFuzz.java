package io.llmproxy.gateway.scan;

import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Event streams: the same events whatever the pieces, and the same as those of a slow reader of the whole. */
public final class SseFuzz {
    private SseFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] stream = Pieces.payload(input);
        List<String> slow = slowly(new String(stream, StandardCharsets.ISO_8859_1));
        Fuzz.same(events(stream, -1), slow, "events of the whole");
        Fuzz.same(events(stream, Pieces.seed(input)), slow, "events in pieces");
        Fuzz.same(events(stream, 0), slow, "events byte by byte");
    }

    private static List<String> events(byte[] stream, int seed) {
        List<String> out = new ArrayList<>();
        StringBuilder data = new StringBuilder();
        SseReader reader = new SseReader(new SseReader.Listener() {
            @Override
            public void data(byte[] in, int from, int length) {
                data.append(new String(in, from, length, StandardCharsets.ISO_8859_1));
            }

            @Override
            public void eventEnd(int next) {
                out.add(data.toString());
                data.setLength(0);
            }
        });
        if (seed < 0) {
            reader.feed(stream, 0, stream.length);
        } else {
            Pieces.feed(stream, seed, reader::feed);
        }
        return out;
    }

    /** WHATWG HTML, section 9.2.6, but that an event without data is one too. */
    private static List<String> slowly(String stream) {
        List<String> out = new ArrayList<>();
        List<String> data = new ArrayList<>();
        String[] lines = stream.split("\r\n|\n|\r", -1);
        for (int i = 0; i < lines.length - 1; i++) {
            String line = lines[i];
            if (line.isEmpty()) {
                out.add(String.join("\n", data));
                data.clear();
            } else if (line.equals("data")) {
                data.add("");
            } else if (line.startsWith("data:")) {
                data.add(line.substring(line.startsWith("data: ") ? 6 : 5));
            }
        }
        return out;
    }
}
