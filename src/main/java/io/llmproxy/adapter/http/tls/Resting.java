package io.llmproxy.adapter.http.tls;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where the buffers of one direction lie while nobody uses them, so that another thread may give them up. Who uses them takes them away
 * and puts them back: they are never one's and the other's at once, without a lock.
 */
final class Resting {
    private final AtomicReference<@Nullable Buffers> lying = new AtomicReference<>();
    private volatile long since;

    /** Those that lie here, or new ones. */
    Buffers take() {
        Buffers found = lying.getAndSet(null);
        return found == null ? new Buffers() : found;
    }

    void rest(Buffers buffers) {
        since = System.nanoTime();
        lying.set(buffers);
    }

    /** By any thread: gives up what has lain here for so long. */
    void giveUp(Duration after, long nowNanos) {
        if (lying.get() != null && nowNanos - since > after.toNanos()) {
            lying.set(null);
        }
    }

    /** What lies here, in bytes. */
    int size() {
        Buffers found = lying.get();
        return found == null ? 0 : found.size();
    }
}
