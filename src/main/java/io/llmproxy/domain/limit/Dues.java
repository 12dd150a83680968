package io.llmproxy.domain.limit;

import java.util.AbstractList;
import java.util.Collection;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * The limits that requests which are alike are under, in the order in which they are charged. They never change; of a store it keeps
 * what that has found by them. Thread-safe.
 */
public final class Dues extends AbstractList<Due> implements RandomAccess {
    private static final List<LimitMetric> METRICS = List.of(LimitMetric.values());

    private final Due[] dues;
    private final byte[] metrics;
    /** Those that are not of money; null: all of them are not. */
    private final @Nullable Dues free;

    private volatile @Nullable Object found;

    public Dues(Collection<Due> all) {
        dues = all.toArray(Due[]::new);
        metrics = new byte[dues.length];
        boolean costs = false;
        for (int i = 0; i < dues.length; i++) {
            LimitMetric metric = dues[i].limit().metric();
            metrics[i] = (byte) METRICS.indexOf(metric);
            costs |= metric == LimitMetric.COST;
        }
        free = costs
                ? new Dues(all.stream()
                        .filter(d -> d.limit().metric() != LimitMetric.COST)
                        .toList())
                : null;
    }

    /** Those of what a request may come to need; none of money where it needs none, since what is free, or has no price that anybody knows, is not held to it. */
    public Charges charges(Need need) {
        return free == null || need.of(LimitMetric.COST) > 0 ? charged(need) : free.charged(need);
    }

    private Charges charged(Need need) {
        long[] each = new long[METRICS.size()];
        for (int i = 0; i < each.length; i++) {
            each[i] = need.of(METRICS.get(i));
        }
        long[] amounts = new long[metrics.length];
        for (int i = 0; i < amounts.length; i++) {
            amounts[i] = each[metrics[i]];
        }
        return new Charges(this, amounts);
    }

    /** How much a request may come to need. */
    @FunctionalInterface
    public interface Need {
        /** Not negative. */
        long of(LimitMetric metric);
    }

    /** Whether one of them counts money. */
    public boolean costs() {
        return free != null;
    }

    @Override
    public Due get(int index) {
        return dues[index];
    }

    @Override
    public int size() {
        return dues.length;
    }

    /** What a store has found by them; whether that is its own and still so it must look. */
    public @Nullable Object found() {
        return found;
    }

    public void found(Object counters) {
        found = counters;
    }
}
