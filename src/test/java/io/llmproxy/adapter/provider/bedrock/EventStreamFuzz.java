package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.gateway.scan.SseReader;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.testing.AwsMessages;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Whatever bytes come for a binary event stream, they are events or refused as what they are; the same however they are cut. The first
 * byte chooses the pieces and whether lengths and checksums are put right first, so that what lies behind them is reached.
 */
public final class EventStreamFuzz {
    private static final int FRAMED = 1;

    private EventStreamFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        int first = Pieces.seed(input);
        byte[] payload = Pieces.payload(input);
        byte[] stream = (first & FRAMED) == 0 ? payload : framed(payload);
        String whole = read(stream, Integer.MAX_VALUE);
        Fuzz.same(read(stream, 1), whole, "byte by byte");
        Fuzz.same(read(stream, 1 + (first >> 1 & 31)), whole, "in pieces");
    }

    /** The first byte is the length of the headers. */
    private static byte[] framed(byte[] payload) {
        int headers = payload.length == 0 ? 0 : Math.min(payload[0] & 255, payload.length - 1);
        int from = Math.min(1, payload.length);
        return AwsMessages.framed(
                Arrays.copyOfRange(payload, from, from + headers),
                Arrays.copyOfRange(payload, from + headers, payload.length));
    }

    private static String read(byte[] stream, int piece) {
        StringBuilder out = new StringBuilder();
        var splitter = new EventStream().splitter(new SseReader.Listener() {
            @Override
            public void data(byte[] in, int from, int length) {
                out.append(new String(in, from, length, StandardCharsets.ISO_8859_1));
            }

            @Override
            public void eventEnd(int next) {
                out.append('\n');
            }
        });
        try {
            for (int at = 0; at < stream.length; at += Math.min(piece, stream.length - at)) {
                splitter.feed(stream, at, Math.min(piece, stream.length - at));
            }
            splitter.end();
        } catch (UpstreamException e) {
            out.append(e.kind()).append(e.getMessage());
        }
        return out.toString();
    }
}
