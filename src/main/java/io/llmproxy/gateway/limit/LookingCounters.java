package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.port.CounterStore;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** Counters that tell what they would decide, and take nothing. For people: each look walks over all counters of a limit. */
public final class LookingCounters implements CounterStore {
    private static final long SECOND = 1_000_000;

    private final CounterStore counters;
    private final InstantSource clock;
    private final Listener listener;

    /** Hears of each limit that is looked at. */
    @FunctionalInterface
    public interface Listener {
        /** @param used what counts of the limit now */
        void looked(Charge charge, long used, boolean refuses);
    }

    public LookingCounters(CounterStore counters, InstantSource clock, Listener listener) {
        this.counters = counters;
        this.clock = clock;
        this.listener = listener;
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        LimitDecision.Denied denied = null;
        for (Charge charge : charges) {
            Limit limit = charge.limit();
            long used = counters.used(limit).getOrDefault(charge.key(), 0L);
            boolean refuses = limit.hard() && charge.amount() > 0 && used + charge.amount() > limit.amount();
            listener.looked(charge, used, refuses);
            if (refuses) {
                denied = LimitDecision.Denied.with(
                        denied,
                        new LimitDecision.Refusal(
                                limit, charge.amount(), Math.max(0, limit.amount() - used), wait(charge)));
            }
        }
        return denied == null ? LimitDecision.FREE : denied;
    }

    /** Seconds until another try is worth it; 0: time alone does not help. What only a round trip would tell is the least. */
    private long wait(Charge charge) {
        LimitDecision.Denied denied = counters.refusal(List.of(charge));
        Limit limit = charge.limit();
        if (denied != null) {
            return denied.waitSeconds();
        }
        if (limit.algorithm() != LimitAlgorithm.FIXED_WINDOW || limit.period() == LimitPeriod.NONE) {
            return 1;
        }
        long now = clock.millis() * 1000;
        long end = limit.period().end(now, limit.zone());
        return end == Long.MAX_VALUE ? 0 : Math.max(1, Math.ceilDiv(end - now, SECOND));
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
    public void seed(PastUse past) {
        throw new UnsupportedOperationException("nothing is changed here");
    }
}
