package io.llmproxy.port;

import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Sums up records by slices of time, some of them at a time: what is told is bounded, and not by the number of slices. */
final class SlicedSums {
    /** Some MB. */
    private static final int AT_ONCE = 10_000;

    private final long width;
    private final boolean detailed;
    private final UsageStore.Slices sink;
    private final Map<OfSlice, UsageQuery.Sum> sums = new HashMap<>();

    private record OfSlice(long number, UsageQuery.Sum group) {}

    SlicedSums(Duration width, boolean detailed, UsageStore.Slices sink) {
        this.width = width.toSeconds();
        this.detailed = detailed;
        this.sink = sink;
    }

    void add(UsageRecord r) {
        if (!r.charged()) {
            return;
        }
        UsageQuery.Sum one = UsageQuery.Sum.of(r);
        UsageQuery.Sum sum = detailed ? one : one.plain();
        long number = Math.floorDiv(r.startedAt().getEpochSecond(), width);
        sums.merge(new OfSlice(number, sum.group()), sum, UsageQuery.Sum::plus);
        if (sums.size() >= AT_ONCE) {
            end();
        }
    }

    /** Tells what was not told yet. */
    void end() {
        sums.forEach((of, sum) -> sink.add(Instant.ofEpochSecond(of.number * width), sum));
        sums.clear();
    }
}
