package io.llmproxy.adapter.provider.support;

import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;

/** Redaction: every occurrence is gone and nothing else, as of a plain replacement in the whole. */
public final class RedactFuzz {
    private RedactFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(Pieces.payload(input), StandardCharsets.ISO_8859_1);
        for (String needle : new String[] {"aab", "abab", "sk-secret"}) {
            InputStream pieces = new SequenceInputStream(
                    Collections.enumeration(Pieces.of(Pieces.payload(input), Pieces.seed(input)).stream()
                            .map(ByteArrayInputStream::new)
                            .toList()));
            byte[] out;
            try (InputStream in = new RedactingInputStream(pieces, needle.getBytes(StandardCharsets.ISO_8859_1))) {
                out = in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Fuzz.same(new String(out, StandardCharsets.ISO_8859_1), text.replace(needle, "***"), "redacted " + needle);
        }
    }
}
