package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.Pace;
import io.llmproxy.domain.limit.PastUse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What was used of one counter, by slices of time; those in which nothing was used take no place. */
final class SlicedUse {
    private static final int FIRST = 4;

    private final Limit limit;
    private final CounterKey key;
    private long[] ends = new long[FIRST];
    private long[] amounts = new long[FIRST];
    private int size;

    SlicedUse(Limit limit, CounterKey key) {
        this.limit = limit;
        this.key = key;
    }

    Limit limit() {
        return limit;
    }

    /** @return whether it is the first of that slice */
    boolean add(long end, long amount) {
        int at = size;
        while (at > 0 && ends[at - 1] > end) {
            at--;
        }
        if (at > 0 && ends[at - 1] == end) {
            amounts[at - 1] += amount;
            return false;
        }
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, 2 * size);
            amounts = Arrays.copyOf(amounts, 2 * size);
        }
        System.arraycopy(ends, at, ends, at + 1, size - at);
        System.arraycopy(amounts, at, amounts, at + 1, size - at);
        ends[at] = end;
        amounts[at] = amount;
        size++;
        return true;
    }

    /** What counts of it now; all that was used since {@code from} is here. */
    PastUse past(LookBack back, Instant from) {
        return limit.algorithm() == LimitAlgorithm.SLIDING_WINDOW
                ? window(back.micros())
                : PastUse.now(new Charge(limit, key, level(back.micros(), LookBack.micros(from))));
    }

    private PastUse window(long now) {
        long length = limit.period().micros() / limit.segments();
        long oldest = Math.floorDiv(now, length) - limit.segments() + 1;
        List<PastUse.Part> parts = new ArrayList<>();
        long sum = 0;
        for (int i = 0; i < size; i++) {
            if (amounts[i] > 0 && Math.floorDiv(ends[i] - 1, length) >= oldest) {
                parts.add(new PastUse.Part(ends[i], amounts[i]));
                sum += amounts[i];
            }
        }
        return new PastUse(new Charge(limit, key, sum), parts);
    }

    /** With what may be left of the time before, which is a full bucket at most. */
    private long level(long now, long from) {
        long least = least(now);
        return Math.max(least, Math.min(limit.amount(), most(now, from)));
    }

    /** What is left where the bucket was empty before: the most that any time until now has left over of what was used in it. */
    private long least(long now) {
        long used = 0;
        long level = 0;
        for (int i = size - 1; i >= 0; i--) {
            used += amounts[i];
            level = Math.max(level, used - Pace.flow(limit, now - ends[i]));
        }
        return level;
    }

    /** What is left of a bucket that was full before. */
    private long most(long now, long from) {
        return limit.amount() + Arrays.stream(amounts, 0, size).sum() - Pace.flow(limit, now - from);
    }

    /** Whether it does not matter how full a bucket was before. */
    boolean certain(LookBack back, Instant from) {
        long now = back.micros();
        return limit.algorithm() != LimitAlgorithm.TOKEN_BUCKET || level(now, LookBack.micros(from)) <= least(now);
    }
}
