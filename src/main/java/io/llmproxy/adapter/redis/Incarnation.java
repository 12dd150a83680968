package io.llmproxy.adapter.redis;

import io.llmproxy.domain.Ids;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name by which a process holds slots of what runs at one time. When a connection breaks, nobody knows what of the calls on it was
 * done: the process goes on under a new name, and lets the lease of the old one run out when what it holds by it has ended.
 */
final class Incarnation {
    private final String name;
    private final AtomicInteger slots = new AtomicInteger();
    private volatile long leftAt = Long.MAX_VALUE;

    String name() {
        return name;
    }

    void took() {
        slots.incrementAndGet();
    }

    void gaveBack() {
        slots.decrementAndGet();
    }

    Incarnation(Instant now) {
        name = Ids.next(now).toString();
    }

    /** No new slots are taken by it, but for calls that are on their way. */
    void left(long nanos) {
        leftAt = nanos;
    }

    boolean over(long nanos, long patience) {
        return slots.get() <= 0 && leftAt != Long.MAX_VALUE && nanos - leftAt > patience;
    }
}
