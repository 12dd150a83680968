package io.llmproxy.domain.identity;

import java.util.Arrays;
import java.util.HexFormat;

/** The SHA-256 of a gateway key's secret, all that is kept of it; usable as a map key. */
public final class KeyHash {
    public static final int BYTES = 32;
    private final byte[] bytes;
    private final int hash;

    private KeyHash(byte[] bytes) {
        this.bytes = bytes;
        // the bytes are uniformly distributed already; the first four are as good as any mix of all
        this.hash = bytes[0] << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
    }

    /** @throws IllegalArgumentException unless 32 bytes long */
    public static KeyHash of(byte[] sha256) {
        if (sha256.length != BYTES) {
            throw new IllegalArgumentException("a key hash has 32 bytes, not " + sha256.length);
        }
        return new KeyHash(sha256.clone());
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof KeyHash other && Arrays.equals(bytes, other.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The first bytes only: enough to tell two apart, too little to look one up elsewhere. */
    @Override
    public String toString() {
        return "KeyHash[" + HexFormat.of().formatHex(bytes, 0, 4) + "...]";
    }
}
