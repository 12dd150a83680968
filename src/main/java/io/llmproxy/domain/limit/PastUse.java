package io.llmproxy.domain.limit;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known that a counter has counted before: after a start, and where a limit is new.
 *
 * @param charge what counts of it now
 * @param parts of a sliding window, when it was: the oldest first, together the charge's amount; empty where that does not matter,
 *     or nobody knows
 */
public record PastUse(Charge charge, List<Part> parts) {
    /** Later than any moment, and far enough from the greatest number. */
    private static final long NOW = Long.MAX_VALUE / 2;

    public PastUse {
        parts = List.copyOf(parts);
    }

    /**
     * What was used in a slice of time.
     *
     * @param until when the slice ended: it was used before that, in microseconds since 1970 by the wall clock
     */
    public record Part(long until, long amount) {}

    /** All of it counts as if it were used now. */
    public static PastUse now(Charge charge) {
        return new PastUse(charge, List.of());
    }

    public Limit limit() {
        return charge.limit();
    }

    public CounterKey key() {
        return charge.key();
    }

    /** The same by a clock that is ahead of the wall clock by so many microseconds. */
    public PastUse ahead(long micros) {
        return micros == 0
                ? this
                : new PastUse(
                        charge,
                        parts.stream()
                                .map(p -> new Part(p.until + micros, p.amount))
                                .toList());
    }

    /** So much of it, that which was used last; what is more than all of it counts as if it were used now. */
    public PastUse newest(long amount) {
        List<Part> newest = new ArrayList<>();
        long left = amount;
        for (Part part : parts.reversed()) {
            long taken = Math.min(left, part.amount);
            if (taken > 0) {
                newest.addFirst(new Part(part.until, taken));
            }
            left -= taken;
        }
        if (left > 0) {
            newest.addLast(new Part(NOW, left));
        }
        return new PastUse(new Charge(charge.limit(), charge.key(), amount), parts.isEmpty() ? parts : newest);
    }

    /** The part of one of so many, rounded up. */
    public PastUse part(int among) {
        return among <= 1
                ? this
                : new PastUse(
                        new Charge(charge.limit(), charge.key(), Math.ceilDiv(charge.amount(), among)),
                        parts.stream()
                                .map(p -> new Part(p.until, Math.ceilDiv(p.amount, among)))
                                .toList());
    }
}
