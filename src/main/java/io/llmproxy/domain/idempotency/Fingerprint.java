package io.llmproxy.domain.idempotency;

import java.util.Arrays;
import java.util.HexFormat;

/** The SHA-256 of what is to be recognised and need not be kept; usable as a map key. */
public final class Fingerprint {
    public static final int BYTES = 32;
    private final byte[] bytes;

    private Fingerprint(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException unless 32 bytes long */
    public static Fingerprint of(byte[] sha256) {
        if (sha256.length != BYTES) {
            throw new IllegalArgumentException("a fingerprint has 32 bytes, not " + sha256.length);
        }
        return new Fingerprint(sha256.clone());
    }

    /** All of it in hexadecimal digits, as it is stored. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    /** @throws IllegalArgumentException unless it is what {@link #hex} made */
    public static Fingerprint ofHex(String hex) {
        return of(HexFormat.of().parseHex(hex));
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Fingerprint other && Arrays.equals(bytes, other.bytes);
    }

    @Override
    public int hashCode() {
        // the bytes are uniformly distributed already
        return bytes[0] << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
    }

    @Override
    public String toString() {
        return "Fingerprint[" + HexFormat.of().formatHex(bytes, 0, 4) + "...]";
    }
}
