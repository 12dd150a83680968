package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Answers: the same usage whatever the pieces, coded or not, and never a failure. */
public final class UsageFuzz {
    private UsageFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] body = Pieces.payload(input);
        int seed = Pieces.seed(input);
        for (String type : new String[] {"application/json", "text/event-stream"}) {
            String whole = heard(type, "", body, -1);
            Fuzz.same(heard(type, "", body, seed), whole, type + " in pieces");
            Fuzz.same(heard(type, "", body, 0), whole, type + " byte by byte");
            Fuzz.same(heard(type, "gzip", gzip(body), seed), whole, type + " by gzip");
            for (String coding : new String[] {"gzip", "deflate"}) {
                Fuzz.same(
                        heard(type, coding, body, seed), heard(type, coding, body, -1), type + " as broken " + coding);
            }
        }
    }

    private static String heard(String type, String coding, byte[] body, int seed) {
        UsageTap tap = UsageTap.of(type, coding);
        if (seed < 0) {
            tap.feed(body, 0, body.length);
        } else {
            Pieces.feed(body, seed, tap::feed);
        }
        TokenUsage usage = tap.usage();
        Fuzz.check(
                usage.input() >= 0 && usage.output() >= 0 && usage.total() >= 0 && usage.cachedInput() >= 0,
                () -> "negative: " + usage);
        return usage + (tap.done() ? " done" : "");
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
