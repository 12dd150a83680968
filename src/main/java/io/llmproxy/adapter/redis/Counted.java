package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.Reservation;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** What a request holds of this process's own counters while Redis is away; what it came to use Redis is told once, when it is back. */
final class Counted implements Reservation {
    private List<Charge> charges;
    private final Reservation here;
    private final Corrections corrections;
    private final RedisLine line;
    private final long at;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** @param at the server's time of the taking, as far as one could tell */
    Counted(List<Charge> charges, Reservation here, Corrections corrections, RedisLine line, long at) {
        this.charges = charges;
        this.here = here;
        this.corrections = corrections;
        this.line = line;
        this.at = at;
    }

    @Override
    public List<Grant> grants() {
        return here.grants();
    }

    @Override
    public long settle(ActualUse use) {
        if (!ended.compareAndSet(false, true)) {
            return 0;
        }
        for (Charge charge : charges) {
            long used = use.of(charge.limit().metric(), charge.amount());
            if (used > 0 && charge.limit().metric() != LimitMetric.CONCURRENCY) {
                corrections.owe(charge, used, at);
            }
        }
        line.told();
        return here.settle(use);
    }

    @Override
    public void release() {
        if (ended.compareAndSet(false, true)) {
            here.release();
        }
    }

    @Override
    public void release(Predicate<Limit> which) {
        if (ended.get()) {
            return;
        }
        charges = charges.stream().filter(c -> !which.test(c.limit())).toList();
        here.release(which);
    }
}
