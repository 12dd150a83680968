package io.llmproxy.adapter.memory;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/** The clock of the common book, carried on by this machine's steady counter from the last time it was told. Thread-safe. */
final class BookClock implements InstantSource {
    private static final long WAS_SET = 1_000_000;
    /** A ten-thousandth of the time between two answers. */
    private static final long SLOWER = 50;

    private final LongSupplier nanos;
    /** From the steady counter to the book's time; microseconds. */
    private volatile long offset;

    private volatile boolean known;

    BookClock(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * The book said so just now. Of several answers that which came quickest is the nearest to the truth, which no answer is ahead
     * of; so the clock goes back by a little only, for what two counters may differ in speed, unless the book's was set.
     */
    void set(Instant now) {
        long said = ChronoUnit.MICROS.between(Instant.EPOCH, now) - nanos.getAsLong() / 1000;
        offset = known && said < offset && offset - said < WAS_SET ? Math.max(said, offset - SLOWER) : said;
        known = true;
    }

    long nanos() {
        return nanos.getAsLong();
    }

    @Override
    public long millis() {
        return Math.floorDiv(nanos.getAsLong() / 1000 + offset, 1000L);
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plus(nanos.getAsLong() / 1000 + offset, ChronoUnit.MICROS);
    }
}
