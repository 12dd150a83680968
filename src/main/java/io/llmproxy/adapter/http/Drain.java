package io.llmproxy.adapter.http;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * How a listener stops without failing a request. First the port is closed; only then do answers say that their connection
 * ends, so that no client comes back while the port is still open and about to reset it. A connection that lies idle stays
 * open for a moment after its last answer, and as long as requests come on others, since its client's next one may be on its
 * way; but no longer than a third of the grace.
 */
final class Drain {
    private static final Duration AT_LEAST = Duration.ofMillis(200);
    private static final Duration QUIET = Duration.ofSeconds(1);

    private final BooleanSupplier refuses;
    private final Duration quiet;
    private final Duration atMost;
    private volatile long lastArrival;
    private volatile long begun;
    private volatile boolean stopping;
    private volatile boolean portClosed;
    private volatile boolean leaving;

    /**
     * @param refuses whether the port takes no more connections
     * @param grace how long the whole may take
     */
    Drain(BooleanSupplier refuses, Duration grace) {
        this.refuses = refuses;
        Duration part = grace.dividedBy(20);
        this.atMost = grace.dividedBy(3);
        this.quiet = part.compareTo(QUIET) < 0 ? part : QUIET;
    }

    void begin() {
        begun = System.nanoTime();
        lastArrival = begun - quiet.toNanos();
        stopping = true;
    }

    /**
     * Another process listens on the port already: whoever is told now that a connection ends comes to it. Idle connections stay for
     * as long as they always may, since closing one sooner could meet a request that is on its way; it ends with the next answer.
     */
    void leave() {
        leaving = true;
        portClosed = true;
        begin();
    }

    /** No longer: idle connections are closed now as well. */
    void hasten() {
        leaving = false;
    }

    boolean stopping() {
        return stopping;
    }

    /**
     * The port was closed a moment ago. Waits until it is: a thread that blocks in accepting still gets connections after that,
     * and whoever stops the server next takes no more of them.
     */
    void portClosing() {
        for (int i = 0; i < 1000 && !portClosed && !refuses.getAsBoolean(); i++) {
            LockSupport.parkNanos(1_000_000);
        }
        portClosed = true;
    }

    /** A request has come. */
    void arrived() {
        if (stopping) {
            lastArrival = System.nanoTime();
        }
    }

    /** Whether connections end with the answer that they are at. */
    boolean closing() {
        return portClosed;
    }

    /** Whether an idle connection is to be closed now; from then on nothing is served on it. */
    boolean ends(RequestClock clock, long nowNanos) {
        if (!stopping || leaving || nowNanos - begun < AT_LEAST.toNanos()) {
            return false;
        }
        // with no connection at the moment when the port was closed nobody said so
        portClosed = portClosed || refuses.getAsBoolean();
        boolean busy = nowNanos - lastArrival < quiet.toNanos() && nowNanos - begun < atMost.toNanos();
        return !busy
                && (clock.expire(RequestClock.IDLE, quiet, nowNanos)
                        || clock.expire(RequestClock.FRESH, quiet, nowNanos));
    }
}
