package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.testing.LeasedStores;
import io.llmproxy.testing.MovedClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** A book whose time is what the test says: it passes while nobody talks to the book, so that no answer of the time before comes after it. */
final class TimedBook implements LimitLeases {
    /** Whoever lets it begin anew is alone with the book at that moment. */
    private static final Limit TIME = LeasedStores.limit("time", LimitMetric.REQUESTS, 1, LimitPeriod.DAY);

    private final LimitLeases book;
    private final MovedClock clock;
    private final Instant start;
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong seeds = new AtomicLong();
    private long passing;

    TimedBook(LimitLeases book, MovedClock clock, Instant start) {
        this.book = book;
        this.clock = clock;
        this.start = start;
    }

    /** The steady counter of the process. */
    long nanos() {
        return nanos.get();
    }

    Instant now() {
        return start.plusNanos(nanos.get());
    }

    void pass(LeasedCounterStore store, Duration time) {
        passing = time.toNanos();
        store.reset(TIME);
    }

    /** How often the book has been told, with an answer that the process has heeded, what was used before. */
    long seeds(LeasedCounterStore store) {
        long told = seeds.get();
        pass(store, Duration.ZERO);
        return told;
    }

    @Override
    public long reset(Limit limit) {
        if (limit.equals(TIME)) {
            nanos.addAndGet(passing);
            clock.set(now());
            return 0;
        }
        return book.reset(limit);
    }

    @Override
    public Round exchange(List<Ask> asks) {
        Round round = book.exchange(asks);
        seeds.addAndGet(asks.stream().filter(ask -> ask.known() >= 0).count());
        return round;
    }

    @Override
    public Duration lease() {
        return book.lease();
    }

    @Override
    public Start join() {
        return book.join();
    }

    @Override
    public Map<Place, Long> used(Collection<Limit> limits) {
        return book.used(limits);
    }

    @Override
    public void leave(List<Ask> last) {
        book.leave(last);
    }
}
