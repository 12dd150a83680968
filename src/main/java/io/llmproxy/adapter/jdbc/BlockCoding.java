package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Carrier;
import io.llmproxy.port.StoreException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** The bytes of a block as they lie in the database. */
final class BlockCoding {
    static final int PLAIN = 0;
    static final int DEFLATED = 1;
    /** A single record gains little. */
    private static final int WORTH_IT = 1024;
    /** Deflated in a tenth of a millisecond or so. */
    private static final int PIECE = 8 * 1024;

    private BlockCoding() {}

    /** Not a record, which would compare the array by its identity. */
    static final class Coded {
        private final int coding;
        private final byte[] data;

        private Coded(int coding, byte[] data) {
            this.coding = coding;
            this.data = data;
        }

        int coding() {
            return coding;
        }

        byte[] data() {
            return data;
        }
    }

    static Coded encode(byte[] frames) {
        if (frames.length < WORTH_IT) {
            return new Coded(PLAIN, frames);
        }
        byte[] out = new byte[frames.length];
        try (Deflater deflater = new Deflater(Deflater.BEST_SPEED, true)) {
            int length = 0;
            for (int from = 0; from < frames.length; from += PIECE) {
                int piece = Math.min(PIECE, frames.length - from);
                deflater.setInput(frames, from, piece);
                if (from + piece == frames.length) {
                    deflater.finish();
                }
                length += deflater.deflate(out, length, out.length - length);
                Carrier.giveWay();
            }
            return deflater.finished() ? new Coded(DEFLATED, Arrays.copyOf(out, length)) : new Coded(PLAIN, frames);
        }
    }

    /** @throws StoreException where the data is none of that coding */
    static byte[] decode(int coding, byte[] data) {
        return switch (coding) {
            case PLAIN -> data;
            case DEFLATED -> inflated(data);
            default -> throw damaged("a coding that this version does not know: " + coding, null);
        };
    }

    private static byte[] inflated(byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 * data.length);
        byte[] buffer = new byte[16 << 10];
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(data);
            while (!inflater.finished()) {
                int length = inflater.inflate(buffer);
                if (length == 0 && !inflater.finished()) {
                    throw damaged("deflated data without an end", null);
                }
                out.write(buffer, 0, length);
                Carrier.giveWay(); // after a tenth of a millisecond or less
            }
        } catch (DataFormatException e) {
            throw damaged("no deflated data", e);
        }
        return out.toByteArray();
    }

    private static StoreException damaged(String what, @Nullable Throwable cause) {
        return new StoreException(
                "reading the ledger: the bytes of a block are damaged: " + what
                        + "; llmproxyctl ledger check names the block",
                cause == null ? new IOException(what) : cause);
    }

    static byte[] digest(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
