package io.llmproxy.gateway.proof;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Counts beside a store what it grants, without knowing how it counts. What is granted is added when the store has granted it, and
 * what is given back is taken off before the store hears of it: so what is seen here at any moment was surely held at that moment.
 */
final class MeasuredCounters implements CounterStore {
    private final CounterStore store;
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    MeasuredCounters(CounterStore store) {
        this.store = store;
    }

    /** What was seen of one limit. */
    static final class Seen {
        private final AtomicLong held = new AtomicLong();
        private final AtomicLong peak = new AtomicLong();
        private final AtomicLong overrun = new AtomicLong();
        private final AtomicLong refused = new AtomicLong();

        private void add(long delta) {
            long now = held.addAndGet(delta);
            if (delta > 0) {
                peak.accumulateAndGet(now, Math::max);
            }
        }

        long held() {
            return held.get();
        }

        long peak() {
            return peak.get();
        }

        long overrun() {
            return overrun.get();
        }

        /** How often it said no. */
        long refused() {
            return refused.get();
        }
    }

    Seen of(Limit limit) {
        return seen.computeIfAbsent(limit.id(), id -> new Seen());
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        return reserve(charges, Reservation.NONE, Asker.ONCE);
    }

    /** What was admitted has been taken. */
    @Override
    public LimitDecision reserve(List<Charge> charges, Reservation admitted, Asker asker) {
        LimitDecision decision = store.reserve(charges, Reservation.NONE, asker);
        return switch (decision) {
            case Granted granted -> {
                granted.reservation().grants().forEach(g -> of(g.limit()).add(g.amount()));
                yield new Granted(new Measured(granted.reservation()));
            }
            case Denied denied -> {
                of(denied.limit()).refused.incrementAndGet();
                yield denied;
            }
        };
    }

    /** Takes at once, so that it is known from when on it is held. */
    @Override
    public LimitDecision admit(List<Charge> charges, boolean soon, Asker asker) {
        return reserve(charges, Reservation.NONE, asker);
    }

    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        return store.used(limit);
    }

    @Override
    public void reset(Limit limit) {
        store.reset(limit);
    }

    @Override
    public void seed(PastUse past) {
        store.seed(past);
    }

    private final class Measured implements Reservation {
        private final Reservation inner;
        private final AtomicBoolean ended = new AtomicBoolean();

        Measured(Reservation inner) {
            this.inner = inner;
        }

        @Override
        public List<Grant> grants() {
            return inner.grants();
        }

        @Override
        public long settle(ActualUse use) {
            if (!ended.compareAndSet(false, true)) {
                return 0;
            }
            for (Grant grant : inner.grants()) {
                long delta = use.of(grant.limit().metric(), grant.amount()) - grant.amount();
                Seen one = of(grant.limit());
                one.overrun.addAndGet(Math.max(0, delta));
                one.add(delta);
            }
            return inner.settle(use);
        }

        @Override
        public void release() {
            if (ended.compareAndSet(false, true)) {
                inner.grants().forEach(g -> of(g.limit()).add(-g.amount()));
                inner.release();
            }
        }

        @Override
        public void release(Predicate<Limit> which) {
            if (ended.get()) {
                return;
            }
            inner.grants().stream()
                    .filter(g -> which.test(g.limit()))
                    .forEach(g -> of(g.limit()).add(-g.amount()));
            inner.release(which);
        }
    }
}
