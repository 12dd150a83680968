package io.llmproxy;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.InFlight;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** What becomes of the requests that run when this process is about to go: they may finish for a while, then they are cut. */
final class Departure {
    private static final Logger LOG = System.getLogger(Departure.class.getName());

    /** In which requests that are cut can be told so. */
    static final Duration CUTTING = Duration.ofSeconds(3);

    private final InFlight inFlight;

    Departure(InFlight inFlight) {
        this.inFlight = inFlight;
    }

    /**
     * Cuts what still runs after that time, if the listener has not closed by then.
     *
     * @param cutter the name of the thread that does
     * @param close lets no new connections in, and returns when the last one has ended
     */
    void within(Duration grace, String cutter, Runnable close) {
        Thread thread = Thread.ofVirtual().name(cutter).start(() -> cutAfter(grace));
        close.run();
        thread.interrupt();
    }

    private void cutAfter(Duration grace) {
        try {
            // not only until nothing runs: requests may still arrive on connections that are open
            Thread.sleep(grace);
            if (inFlight.count() > 0) {
                LOG.log(
                        Level.WARNING,
                        "requests in flight after " + Durations.format(grace) + ", which are cut: " + inFlight.count());
                cutRunning();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The time is over now. */
    void hasten() {
        try {
            cutRunning();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void cutRunning() throws InterruptedException {
        inFlight.drain();
        inFlight.cutAll(ProxyError.Upstream.unavailable("The gateway is shutting down."));
    }
}
