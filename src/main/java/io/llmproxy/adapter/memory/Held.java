package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.Reservation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** What a request has taken of the counters of a process; given back or settled once, by whoever is first. */
final class Held implements Reservation {
    private final StoreClock clock;
    private Hold[] holds;
    private final AtomicBoolean ended = new AtomicBoolean();

    Held(StoreClock clock, Hold[] holds) {
        this.clock = clock;
        this.holds = holds;
    }

    @Override
    public List<Grant> grants() {
        return Arrays.asList(holds);
    }

    @Override
    public long settle(ActualUse use) {
        if (!ended.compareAndSet(false, true)) {
            return 0;
        }
        long overrun = 0;
        for (Hold hold : holds) {
            long delta = use.of(hold.metric(), hold.amount()) - hold.amount();
            hold.correct(delta, clock);
            if (hold.metric().tokens()) {
                overrun = Math.max(overrun, delta);
            }
        }
        return overrun;
    }

    @Override
    public void release() {
        if (ended.compareAndSet(false, true)) {
            for (Hold hold : holds) {
                hold.correct(-hold.amount(), clock);
            }
        }
    }

    @Override
    public void release(Predicate<Limit> which) {
        if (ended.get()) {
            return;
        }
        List<Hold> kept = new ArrayList<>(holds.length);
        for (Hold hold : holds) {
            if (which.test(hold.limit())) {
                hold.correct(-hold.amount(), clock);
            } else {
                kept.add(hold);
            }
        }
        holds = kept.toArray(Hold[]::new);
    }
}
