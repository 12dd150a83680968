package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Carrier;
import io.llmproxy.domain.Durations;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one account to its one origin. The one used last is used next, so that the others grow old at the far
 * end, where a virtual thread closes them; it runs only while connections lie idle. Calls in flight are bounded by permits, and
 * connections by the same number.
 *
 * <p>A connection serves the requests of one tenant alone, so that nothing that an upstream sends late or too much of can ever reach
 * another tenant. Where an account is one tenant's, that is the first connection that lies there.
 */
final class ConnectionPool {
    private final ConcurrentLinkedDeque<UpstreamConnection> idle = new ConcurrentLinkedDeque<>();
    private final AtomicReference<@Nullable Thread> sweeper = new AtomicReference<>();
    private final Semaphore permits;
    private final int maxConnections;
    private final long keepIdleNanos;
    private volatile boolean retired;

    ConnectionPool(int maxConnections, Duration keepIdle) {
        this.permits = new Semaphore(maxConnections);
        this.maxConnections = maxConnections;
        this.keepIdleNanos = keepIdle.toNanos();
    }

    /** Takes a permit for one call, which {@link #leave} gives back; waits no longer than a connect may take. */
    void enter(CallContext call) throws UpstreamException {
        if (permits.tryAcquire()) {
            return;
        }
        Deadline patience = Deadline.in(call.timeouts().connect());
        while (!waitedForPermit(call)) {
            call.check();
            if (patience.passed()) {
                throw call.failure(
                        Kind.POOL_EXHAUSTED,
                        "has all " + maxConnections + " connections in use, and none came free within "
                                + Durations.format(call.timeouts().connect()),
                        null);
            }
        }
    }

    /** In short steps, so that a cancel is noticed. */
    private boolean waitedForPermit(CallContext call) throws UpstreamException {
        try {
            return permits.tryAcquire(10, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw call.cancelledFailure(e);
        }
    }

    void leave() {
        permits.release();
    }

    /** Before a call waits for its answer. */
    void letOthersRun() {
        Carrier.yieldToOthers(maxConnections - permits.availablePermits());
    }

    /** The tenant's youngest idle connection on which nothing came meanwhile. */
    @Nullable
    UpstreamConnection lease(@Nullable UUID tenant) {
        for (UpstreamConnection c; (c = youngest(tenant)) != null; ) {
            if (!expired(c) && c.quiet()) {
                return c;
            }
            c.abort();
        }
        return null;
    }

    private @Nullable UpstreamConnection youngest(@Nullable UUID tenant) {
        for (UpstreamConnection c : idle) {
            if (c.serves(tenant) && idle.removeFirstOccurrence(c)) {
                return c;
            }
        }
        return null;
    }

    /** Before a new connection is made: those of other tenants that have lain longest make room for it. */
    void makeRoom() {
        int most = maxConnections - busyCount();
        for (int surplus = idle.size() - most; surplus > 0; surplus--) {
            UpstreamConnection oldest = idle.pollLast();
            if (oldest != null) {
                oldest.abort();
            }
        }
    }

    /** Takes back a connection whose last answer was read to its end. */
    void giveBack(UpstreamConnection connection) {
        connection.idleSince(System.nanoTime());
        idle.offerFirst(connection);
        if (retired) {
            closeIdle();
        } else if (sweeper.get() == null) {
            startSweeper();
        }
    }

    void retire() {
        retired = true;
        closeIdle();
        LockSupport.unpark(sweeper.get());
    }

    int busyCount() {
        return maxConnections - permits.availablePermits();
    }

    int idleCount() {
        return idle.size();
    }

    private void closeIdle() {
        for (UpstreamConnection c; (c = idle.pollFirst()) != null; ) {
            c.abort();
        }
    }

    private boolean expired(UpstreamConnection connection) {
        return System.nanoTime() - connection.idleSince() >= keepIdleNanos;
    }

    private void startSweeper() {
        Thread thread = Thread.ofVirtual().name("upstream-idle").unstarted(this::sweep);
        if (sweeper.compareAndSet(null, thread)) {
            thread.start();
        }
    }

    private void sweep() {
        for (UpstreamConnection oldest; (oldest = idle.peekLast()) != null; ) {
            if (!expired(oldest)) {
                LockSupport.parkNanos(this, keepIdleNanos - (System.nanoTime() - oldest.idleSince()) + 1_000_000);
            } else if (idle.removeLastOccurrence(oldest)) {
                oldest.abort();
            }
        }
        sweeper.set(null);
        // one may have come back between the last look and the line above
        if (!idle.isEmpty()) {
            startSweeper();
        }
    }
}
