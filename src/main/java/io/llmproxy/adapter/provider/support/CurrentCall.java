package io.llmproxy.adapter.provider.support;

import io.llmproxy.port.ProviderCall;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Of several calls that are one to whoever made it, the one that runs. Thread-safe. */
public final class CurrentCall {
    private final Object lock = new Object();
    private @Nullable ProviderCall current;
    private boolean cancelled;

    /** It takes the place of the one before; after {@link #cancel} it is cancelled at once. */
    public ProviderCall begin(ProviderCall call) {
        synchronized (lock) {
            current = call;
            if (cancelled) {
                call.cancel();
            }
        }
        return call;
    }

    /** @throws NullPointerException where none has begun */
    public ProviderCall get() {
        synchronized (lock) {
            return Objects.requireNonNull(current, "no body before the head");
        }
    }

    /** Whether its request has gone out. */
    public boolean sent() {
        synchronized (lock) {
            return current != null && current.sent();
        }
    }

    /** That one, and all that begin after it. */
    public void cancel() {
        synchronized (lock) {
            cancelled = true;
            if (current != null) {
                current.cancel();
            }
        }
    }

    /** Nothing where none has begun. */
    public void close() {
        ProviderCall last;
        synchronized (lock) {
            last = current;
        }
        if (last != null) {
            last.close();
        }
    }
}
