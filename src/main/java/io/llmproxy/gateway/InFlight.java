package io.llmproxy.gateway;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.runtime.TenantView;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The exchanges that run, so that they can be counted, waited for and cut. Thread-safe. */
public final class InFlight {
    private final Map<UUID, Exchange> running = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private volatile boolean draining;

    public int count() {
        return running.size();
    }

    /** Shows what runs. */
    public void each(Consumer<Exchange> look) {
        running.values().forEach(look);
    }

    /** From now on new requests are refused; those that run go on. */
    public void drain() {
        draining = true;
    }

    public boolean draining() {
        return draining;
    }

    /** Waits until nothing runs; false where something still does after {@code atMost}. */
    public boolean awaitIdle(Duration atMost) throws InterruptedException {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (!running.isEmpty() && left > 0) {
                left = idle.awaitNanos(left);
            }
            return running.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Cuts everything that runs, and waits a moment for the accounts to be closed; true where they all were. */
    public boolean cutAll(ProxyError reason) throws InterruptedException {
        running.values().forEach(x -> x.cut(reason));
        return awaitIdle(Duration.ofSeconds(2));
    }

    /** Cuts what the state no longer permits to run: see {@link ApiKey#cutRunning} and the tenant's {@code SUSPENDED_NOW}. */
    public void judge(RuntimeSnapshot state) {
        running.values().forEach(x -> judge(x, state));
    }

    public void enter(Exchange x) {
        running.put(x.requestId(), x);
    }

    public void leave(Exchange x) {
        running.remove(x.requestId());
        if (running.isEmpty()) {
            lock.lock();
            try {
                idle.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    public static void judge(Exchange x, RuntimeSnapshot state) {
        KeyEntry entry = x.keyOrNull();
        ProxyError reason = entry == null ? null : reason(entry, state);
        if (reason != null) {
            x.cut(reason);
        }
    }

    private static @Nullable ProxyError reason(KeyEntry entry, RuntimeSnapshot state) {
        TenantView view = state.tenants().get(entry.principal().tenant().id());
        if (view == null) {
            return Refusals.tenantSuspended();
        }
        return switch (view.tenant().status()) {
            case SUSPENDED_NOW -> Refusals.tenantSuspended();
            case ACTIVE, SUSPENDED -> {
                ApiKey key = state.keysById().get(entry.principal().key().id());
                boolean cut = key == null || key.revoked() && key.cutRunning();
                yield cut ? new ProxyError.Unauthenticated(ProxyError.Unauthenticated.Kind.REVOKED) : null;
            }
        };
    }
}
