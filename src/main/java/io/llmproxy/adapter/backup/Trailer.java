package io.llmproxy.adapter.backup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The end of every file: {@code llmproxy-backup sha256=HEX} and a line end, of all that is before. Whoever writes a file writes as many
 * bytes of anything for it; this stream keeps the last ones back and puts the hash in their place. It tells a file that is whole from one that
 * is not, to anybody; what was changed on purpose, the seal tells.
 */
final class Trailer extends OutputStream {
    private static final String MARK = "llmproxy-backup sha256=";
    static final int LENGTH = MARK.length() + 64 + 1;
    private final OutputStream out;
    private final MessageDigest sha256 = TableTally.sha256();
    private final byte[] held = new byte[LENGTH];
    private int holding;

    Trailer(OutputStream out) {
        this.out = out;
    }

    /** What a writer puts where the trailer comes. */
    static byte[] room() {
        return " ".repeat(LENGTH).getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] of(byte[] hash) {
        return (MARK + HexFormat.of().formatHex(hash) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int over = holding + length - LENGTH;
        int old = Math.clamp(over, 0, holding);
        pass(held, 0, old);
        System.arraycopy(held, old, held, 0, holding - old);
        holding -= old;
        int fresh = Math.max(0, over - old);
        pass(bytes, offset, fresh);
        System.arraycopy(bytes, offset + fresh, held, holding, length - fresh);
        holding += length - fresh;
    }

    private void pass(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0) {
            sha256.update(bytes, offset, length);
            out.write(bytes, offset, length);
        }
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    /** Writes the trailer; the stream behind stays open. */
    void finish() throws IOException {
        if (holding != LENGTH) {
            throw new IOException("nobody left room for the trailer");
        }
        out.write(of(sha256.digest()));
        out.flush();
    }
}
