package io.llmproxy.gateway.resilience;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** How one provider does: its models, its running calls, and how many of them are retries. Thread-safe. */
public final class ProviderHealth {
    /** Clients can name models without end: those beyond are judged together. */
    static final int MOST_MODELS = 500;

    private final ResilienceRules rules;
    private final Map<String, TargetHealth> models = new ConcurrentHashMap<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger retrying = new AtomicInteger();
    private volatile @Nullable CheckState check;

    ProviderHealth(ResilienceRules rules) {
        this.rules = rules;
    }

    /** @param model null where a request names none */
    public TargetHealth of(@Nullable String model) {
        String name = model == null ? "" : model;
        TargetHealth known = models.get(name);
        return known != null ? known : added(models.size() < MOST_MODELS ? name : "");
    }

    private TargetHealth added(String name) {
        return models.computeIfAbsent(name, n -> new TargetHealth(n, rules));
    }

    public Collection<TargetHealth> models() {
        return models.values();
    }

    /** What came of the last active check; null: there was none. */
    public @Nullable CheckState check() {
        return check;
    }

    void checked(CheckState state) {
        check = state;
    }

    /** Whether active checks fail, so that others come first. */
    public boolean failingChecks() {
        CheckState last = check;
        return last != null && last.failing();
    }

    /** Calls that run. */
    public int running() {
        return running.get();
    }

    /** Whether a call may begin; where it may, {@link #end} must follow. */
    public boolean begin() {
        if (running.incrementAndGet() <= rules.mostRunning()) {
            return true;
        }
        running.decrementAndGet();
        return false;
    }

    /** A call has ended. */
    public void end() {
        running.decrementAndGet();
    }

    /**
     * Whether a call may be repeated here, so that a provider in trouble does not get all its requests twice: retries are a share of
     * the calls that run, and a few in any case. Where it may, {@link #endRetry} must follow.
     */
    public boolean beginRetry() {
        int most = Math.max(rules.retriesAtLeast(), running.get() * rules.retryPercent() / 100);
        while (true) {
            int now = retrying.get();
            if (now >= most) {
                return false;
            }
            if (retrying.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    public void endRetry() {
        retrying.decrementAndGet();
    }
}
