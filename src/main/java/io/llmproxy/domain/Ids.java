package io.llmproxy.domain;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The one place that ids come from: version 7 UUIDs (RFC 9562, section 5.7), whose first 48 bits are Unix milliseconds, so
 * that rows written in order lie in order. Thread-safe, without a lock.
 */
public final class Ids {
    // a secure random number: ThreadLocalRandom alone may repeat between processes that start together
    private static final long NODE = UUID.randomUUID().getLeastSignificantBits();

    private Ids() {}

    /** A new id for something that happened or began at {@code now}. */
    public static UUID next(Instant now) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = now.toEpochMilli() << 16 | 0x7000L | random.nextLong() & 0x0FFFL;
        long low = 0x8000_0000_0000_0000L | (random.nextLong() ^ NODE) >>> 2;
        return new UUID(high, low);
    }

    /** A new id for what has no time, or none that can be trusted. */
    public static UUID random() {
        return UUID.randomUUID();
    }

    /** Whether {@code text} is a UUID in its canonical form of 36 characters. */
    public static boolean isUuid(String text) {
        if (text.length() != 36) {
            return false;
        }
        for (int i = 0; i < 36; i++) {
            char c = text.charAt(i);
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            if (dash ? c != '-' : Character.digit(c, 16) < 0) {
                return false;
            }
        }
        return true;
    }
}
