package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;

/** The redactor: the same text whatever the pieces, little held back, and nothing thrown. */
public final class PrivacyFuzz {
    private static final Redactor REDACTOR = Redactor.of(
            EnumSet.allOf(PrivateKind.class),
            List.of(
                    new CustomPattern("customer", "\\bCUST-\\d{2,6}"),
                    new CustomPattern("odd", "(?i)(ab|a.c)+x?[^a-z]")));
    private static final int MOST_HELD = 4096;

    private PrivacyFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(Pieces.payload(input), StandardCharsets.UTF_8);
        String whole = REDACTOR.redact(text);
        Fuzz.same(inPieces(text, new Random(Pieces.seed(input))), whole, "in pieces");
        Fuzz.same(inPieces(text, null), whole, "one by one");
    }

    private static String inPieces(String text, @org.jspecify.annotations.Nullable Random random) {
        RedactingStream stream = new RedactingStream(REDACTOR);
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int end = Math.min(text.length(), at + (random == null ? 1 : 1 + random.nextInt(40)));
            out.append(stream.feed(text.substring(at, end)));
            Fuzz.check(stream.held() < MOST_HELD, () -> "held back " + stream.held());
            at = end;
        }
        return out.append(stream.finish()).toString();
    }
}
