package io.llmproxy.gateway.privacy;

/**
 * Redacts a text that comes in pieces, as long texts go through the redactor; here they may be as small as one likes. What may
 * still become private is held back: some thousand characters at most, mostly the last word. All pieces together come to what
 * {@link Redactor#redact} makes of the whole. One thread.
 */
final class RedactingStream {
    private static final int EXPECTED = 256;

    private final Redactor.Masking masked = new Redactor.Masking(new StringBuilder());
    private final Scan scan;

    RedactingStream(Redactor redactor) {
        this.scan = new Scan(redactor, masked, EXPECTED);
    }

    /** Takes the next piece, and gives what is certain by now. */
    String feed(CharSequence piece) {
        scan.feed(piece, 0, piece.length());
        return taken();
    }

    /** The text has ended: gives the rest. */
    String finish() {
        scan.finish();
        return taken();
    }

    /** How many characters are held back. */
    int held() {
        return scan.held();
    }

    private String taken() {
        String out = masked.out.toString();
        masked.out.setLength(0);
        return out;
    }
}
