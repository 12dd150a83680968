package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.port.CounterStore;
import java.util.List;
import java.util.Map;

/** Counters that tell what they would decide, and take nothing. For people: each look walks over all counters of a limit. */
public final class LookingCounters implements CounterStore {
    private final CounterStore counters;
    private final Listener listener;

    /** Hears of each limit that is looked at. */
    @FunctionalInterface
    public interface Listener {
        /** @param used what counts of the limit now */
        void looked(Charge charge, long used, boolean refuses);
    }

    public LookingCounters(CounterStore counters, Listener listener) {
        this.counters = counters;
        this.listener = listener;
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        LimitDecision decision = LimitDecision.FREE;
        for (Charge charge : charges) {
            Limit limit = charge.limit();
            long used = counters.used(limit).getOrDefault(charge.key(), 0L);
            boolean refuses = limit.mode() == LimitMode.HARD && used + charge.amount() > limit.amount();
            listener.looked(charge, used, refuses);
            if (refuses && decision instanceof LimitDecision.Granted) {
                decision = new LimitDecision.Denied(limit, charge.amount(), Math.max(0, limit.amount() - used), 1);
            }
        }
        return decision;
    }

    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        return counters.used(limit);
    }

    @Override
    public void reset(Limit limit) {
        throw new UnsupportedOperationException("nothing is changed here");
    }

    @Override
    public void seed(Charge charge) {
        throw new UnsupportedOperationException("nothing is changed here");
    }
}
