package io.llmproxy.adapter.redis;

import io.llmproxy.port.CounterStore.Asker;
import java.time.Duration;

/** A request, and how long it waited for Redis by the store's own measure. */
final class Asking implements Asker {
    private long waited;

    @Override
    public long waited() {
        return waited;
    }

    @Override
    public void waited(long nanos) {
        waited += nanos;
    }

    Duration inAll() {
        return Duration.ofNanos(waited);
    }
}
