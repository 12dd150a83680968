package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.Reservation;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a request was admitted with and has not taken in Redis yet: that goes with the one call for all its limits. A request that ends
 * before that call is counted afterwards, so that whoever tries keys uses up the limit of an address.
 */
final class Pending implements Reservation {
    private final List<Charge> charges;
    private final Reservation here;
    private final Consumer<List<Charge>> afterwards;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile @Nullable Reservation taken;

    /**
     * @param here what it holds of this process's own slots
     * @param afterwards takes charges in the background
     */
    Pending(List<Charge> charges, Reservation here, Consumer<List<Charge>> afterwards) {
        this.charges = charges;
        this.here = here;
        this.afterwards = afterwards;
    }

    List<Charge> charges() {
        return charges;
    }

    private Reservation held() {
        Reservation known = taken;
        return known == null ? NONE : known;
    }

    void took(Reservation reservation) {
        taken = reservation;
    }

    @Override
    public boolean taken() {
        return taken != null;
    }

    @Override
    public List<Grant> grants() {
        return held().grants();
    }

    @Override
    public long settle(ActualUse use) {
        if (!ended.compareAndSet(false, true)) {
            return 0;
        }
        here.settle(use);
        if (!taken()) {
            List<Charge> attempts = charges.stream()
                    .filter(c -> c.limit().metric() == LimitMetric.REQUESTS)
                    .toList();
            if (!attempts.isEmpty()) {
                afterwards.accept(attempts);
            }
        }
        return held().settle(use);
    }

    @Override
    public void release() {
        if (ended.compareAndSet(false, true)) {
            here.release();
            held().release();
        }
    }

    @Override
    public void release(Predicate<Limit> which) {
        if (ended.get()) {
            return;
        }
        here.release(which);
        held().release(which);
    }
}
