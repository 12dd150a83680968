package io.llmproxy.domain.usage;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a block have to do with, as a sorted set of hashes of 32 bits: users, keys, models, statuses. A search passes over
 * a block that does not have what it looks for; one that has it by chance is opened in vain.
 */
public final class BlockTraits {
    /** A block with more is opened by every search. */
    public static final int MOST = 1024;

    private static final int PRIME = 0x01000193;
    private static final int BASIS = 0x811C9DC5;

    /** What a hash is of. */
    public enum Kind {
        USER(1),
        KEY(2),
        MODEL(3),
        STATUS(4),
        /** The first digit of the status. */
        STATUS_CLASS(5),
        /** Not among the traits of a block, whose row names its tenant. */
        TENANT(6);

        private final int seed;

        // what is stored hangs on these numbers
        Kind(int number) {
            this.seed = (BASIS ^ number) * PRIME;
        }
    }

    private BlockTraits() {}

    /** Takes hashes. */
    @FunctionalInterface
    public interface Sink {
        void add(int hash);
    }

    /** Takes the hashes of one record after the other. */
    public interface Records extends Sink {
        /** What is added from now on is of the next record; before the first too. */
        void next();
    }

    /** Of bytes as a record has them: a UUID as 16 bytes, the higher first, a text as {@link #bytes(String)}. */
    public static int hash(Kind kind, byte[] bytes, int from, int to) {
        int hash = kind.seed;
        for (int i = from; i < to; i++) {
            hash = (hash ^ bytes[i] & 0xFF) * PRIME;
        }
        return spread(hash);
    }

    public static int hash(Kind kind, int number) {
        return spread(kind.seed ^ number * 0x9E3779B1);
    }

    public static int hash(Kind kind, UUID id) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (id.getMostSignificantBits() >>> 56 - 8 * i);
            bytes[8 + i] = (byte) (id.getLeastSignificantBits() >>> 56 - 8 * i);
        }
        return hash(kind, bytes, 0, bytes.length);
    }

    public static int hash(Kind kind, String text) {
        byte[] bytes = bytes(text);
        return hash(kind, bytes, 0, bytes.length);
    }

    private static int spread(int hash) {
        int mixed = (hash ^ hash >>> 16) * 0x85EBCA6B;
        return mixed ^ mixed >>> 13;
    }

    /** In the modified UTF-8 of {@link java.io.DataOutput}, which is what records hold. */
    private static byte[] bytes(String text) {
        byte[] out = new byte[3 * text.length()];
        int at = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != 0 && c < 0x80) {
                out[at++] = (byte) c;
            } else if (c < 0x800) {
                out[at++] = (byte) (0xC0 | c >> 6);
                out[at++] = (byte) (0x80 | c & 0x3F);
            } else {
                out[at++] = (byte) (0xE0 | c >> 12);
                out[at++] = (byte) (0x80 | c >> 6 & 0x3F);
                out[at++] = (byte) (0x80 | c & 0x3F);
            }
        }
        return Arrays.copyOf(out, at);
    }

    /** The sorted hashes as bytes. */
    public static byte[] encode(int[] sorted) {
        byte[] out = new byte[4 * sorted.length];
        for (int i = 0; i < sorted.length; i++) {
            for (int b = 0; b < 4; b++) {
                out[4 * i + b] = (byte) (sorted[i] >>> 24 - 8 * b);
            }
        }
        return out;
    }

    /** Whether a block with these may have, of each of the terms, one hash. */
    public static boolean may(byte @Nullable [] traits, List<int[]> terms) {
        for (int[] term : terms) {
            if (!mayAny(traits, term)) {
                return false;
            }
        }
        return true;
    }

    private static boolean mayAny(byte @Nullable [] traits, int[] term) {
        for (int hash : term) {
            if (may(traits, hash)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a block with these may have it. */
    public static boolean may(byte @Nullable [] traits, int hash) {
        if (traits == null) {
            return true;
        }
        int low = 0;
        int high = traits.length / 4 - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int value = 0;
            for (int b = 0; b < 4; b++) {
                value = value << 8 | traits[4 * middle + b] & 0xFF;
            }
            if (value == hash) {
                return true;
            }
            if (value < hash) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }

    /** Gathers the hashes of one block after the other. Not thread-safe. */
    public static final class Gathering implements Sink {
        private static final int SLOTS = 4 * MOST;
        private int[] slots = new int[64];
        private int size;
        private boolean zero;

        @Override
        public void add(int hash) {
            if (hash == 0) {
                zero = true;
                return;
            }
            int mask = slots.length - 1;
            int at = hash & mask;
            while (slots[at] != 0) {
                if (slots[at] == hash) {
                    return;
                }
                at = at + 1 & mask;
            }
            if (size > MOST) {
                return;
            }
            slots[at] = hash;
            size++;
            if (2 * size > slots.length && slots.length < SLOTS) {
                grow();
            }
        }

        private void grow() {
            int[] old = slots;
            slots = new int[2 * old.length];
            size = 0;
            for (int hash : old) {
                if (hash != 0) {
                    add(hash);
                }
            }
        }

        /** What was gathered, and begins anew; null: it was too much. */
        public byte @Nullable [] take() {
            int[] sorted = new int[size + (zero ? 1 : 0)];
            int at = zero ? 1 : 0;
            for (int hash : slots) {
                if (hash != 0) {
                    sorted[at++] = hash;
                }
            }
            Arrays.sort(sorted);
            boolean few = sorted.length <= MOST;
            slots = new int[64];
            size = 0;
            zero = false;
            return few ? encode(sorted) : null;
        }
    }
}
