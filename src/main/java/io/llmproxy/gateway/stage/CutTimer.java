package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.ProxyError.Upstream;
import io.llmproxy.gateway.Exchange;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Cuts an exchange that is not over at its deadline. */
final class CutTimer implements AutoCloseable {
    private final Exchange x;
    private final Duration deadline;
    private final Thread thread;
    private volatile boolean over;

    private CutTimer(Exchange x, Duration deadline) {
        this.x = x;
        this.deadline = deadline;
        this.thread = Thread.ofVirtual().name("deadline").unstarted(this::run);
    }

    /** @param deadline counted from when the request came */
    static CutTimer start(Exchange x, Duration deadline) {
        CutTimer timer = new CutTimer(x, deadline);
        timer.thread.start();
        return timer;
    }

    private void run() {
        while (!over) {
            long left = deadline.toNanos() - x.elapsed(System.nanoTime());
            if (left <= 0) {
                x.cut(Upstream.timedOut("The request was not answered completely within the "
                        + Durations.format(deadline) + " that its route allows."));
                return;
            }
            LockSupport.parkNanos(this, left);
        }
    }

    @Override
    public void close() {
        over = true;
        LockSupport.unpark(thread);
    }
}
