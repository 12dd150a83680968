package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Carrier;
import io.llmproxy.port.StoreException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.h2.compress.CompressLZF;
import org.jspecify.annotations.Nullable;

/** The bytes of a block as they lie in the database. */
final class BlockCoding {
    static final int PLAIN = 0;
    static final int DEFLATED = 1;
    /**
     * The length of the whole, then for each {@link #PIECE} of it the length of its LZF (the format of Lehmann's liblzf) and
     * these bytes; lengths in four bytes, big-endian.
     */
    static final int LZF = 2;
    /** A single record gains little. */
    private static final int WORTH_IT = 1024;
    /** Coded in a tenth of a millisecond or so; a part of the format. */
    private static final int PIECE = 8 * 1024;
    /** LZF makes no more of three bytes than 264, so more than that comes of no sound data. */
    private static final int MOST_OF_A_BYTE = 100;

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

    /** What each request adds to: in half the time that deflating takes, and a third larger. */
    static Coded quick(byte[] frames) {
        if (frames.length < WORTH_IT) {
            return new Coded(PLAIN, frames);
        }
        CompressLZF lzf = new CompressLZF();
        byte[] in = new byte[PIECE + Long.BYTES]; // of a short one it looks at bytes behind the end
        ByteBuffer out = ByteBuffer.allocate(frames.length + 2 * PIECE).putInt(frames.length);
        for (int from = 0; from < frames.length && out.position() < frames.length; from += PIECE) {
            int length = Math.min(PIECE, frames.length - from);
            System.arraycopy(frames, from, in, 0, length);
            int begin = out.position() + Integer.BYTES;
            int end = lzf.compress(in, 0, length, out.array(), begin);
            out.putInt(end - begin).position(end);
            Carrier.giveWay();
        }
        return out.position() < frames.length
                ? new Coded(LZF, Arrays.copyOf(out.array(), out.position()))
                : new Coded(PLAIN, frames);
    }

    /** What is written seldom and read often. */
    static Coded small(byte[] bytes) {
        if (bytes.length < WORTH_IT) {
            return new Coded(PLAIN, bytes);
        }
        byte[] out = new byte[bytes.length];
        try (Deflater deflater = new Deflater(Deflater.BEST_SPEED, true)) {
            int length = 0;
            for (int from = 0; from < bytes.length; from += PIECE) {
                int piece = Math.min(PIECE, bytes.length - from);
                deflater.setInput(bytes, from, piece);
                if (from + piece == bytes.length) {
                    deflater.finish();
                }
                length += deflater.deflate(out, length, out.length - length);
                Carrier.giveWay();
            }
            return deflater.finished() ? new Coded(DEFLATED, Arrays.copyOf(out, length)) : new Coded(PLAIN, bytes);
        }
    }

    /** @throws StoreException where the data is none of that coding */
    static byte[] decode(int coding, byte[] data) {
        return switch (coding) {
            case PLAIN -> data;
            case DEFLATED -> inflated(data);
            case LZF -> expanded(data);
            default -> throw damaged("a coding that this version does not know: " + coding, null);
        };
    }

    private static byte[] expanded(byte[] data) {
        ByteBuffer in = ByteBuffer.wrap(data);
        try {
            int length = in.getInt();
            if (length < 0 || length / MOST_OF_A_BYTE > data.length) {
                throw damaged("a length that cannot be", null);
            }
            byte[] out = new byte[length];
            CompressLZF lzf = new CompressLZF();
            for (int from = 0; from < length; from += PIECE) {
                int coded = in.getInt();
                // it takes ends, not lengths
                lzf.expand(data, in.position(), in.position() + coded, out, from, Math.min(length, from + PIECE));
                in.position(in.position() + coded);
                Carrier.giveWay();
            }
            return out;
        } catch (IndexOutOfBoundsException | IllegalArgumentException | BufferUnderflowException e) {
            throw damaged("no LZF", e);
        }
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
