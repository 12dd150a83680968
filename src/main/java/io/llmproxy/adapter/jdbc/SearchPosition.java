package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * How far a search has come: blocks come by the time of their latest record, then by their numbers, the newest first.
 *
 * @param lastAt and {@code seq} of the block
 * @param index in that block, of the record that was given last; 0: all of it was looked at
 */
record SearchPosition(Instant lastAt, long seq, int index) {
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");
    private static final SearchPosition START = new SearchPosition(LATEST, Long.MAX_VALUE, 0);

    /** Whether the block comes behind it, or is the one that was not read to its end. */
    boolean reaches(Instant blockLastAt, long blockSeq) {
        int order = blockLastAt.compareTo(lastAt);
        return order < 0 || order == 0 && (again() ? blockSeq <= seq : blockSeq < seq);
    }

    /** Whether its block was not read to its end. */
    boolean again() {
        return index > 0;
    }

    /** Of the records of that block, those from that index on were given already. */
    int before(long blockSeq) {
        return blockSeq == seq && again() ? index : Integer.MAX_VALUE;
    }

    String text() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, lastAt) + "." + seq + "." + index;
    }

    /** @throws InvalidValueException where {@link #text} has not made it */
    static SearchPosition parse(@Nullable String text) {
        if (text == null) {
            return START;
        }
        try {
            String[] parts = text.split("\\.", -1);
            Instant lastAt = Instant.EPOCH.plus(Long.parseLong(parts[0]), ChronoUnit.MICROS);
            if (lastAt.isAfter(LATEST) || lastAt.isBefore(EARLIEST)) {
                throw new DateTimeException("a time that no block has");
            }
            return new SearchPosition(lastAt, Long.parseLong(parts[1]), Integer.parseInt(parts[2]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException | DateTimeException | ArithmeticException e) {
            throw new InvalidValueException("cursor", "is none that this list gave out");
        }
    }
}
