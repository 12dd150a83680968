package io.llmproxy.gateway.alert;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.gateway.alert.BudgetRefusals.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Refusals that no alert came of yet: a budget refuses at once, and the ledger shows what was used of it a moment later. Used by one
 * thread at a time.
 */
final class PendingRefusals {
    /** So long after it was first looked at, what was used before a refusal is in the ledger, or came back. */
    private static final Duration KEPT = Duration.ofHours(1);

    private final Map<CounterKey, Pending> pending = new HashMap<>();

    /** @param seen when it was first looked at; null: not yet */
    private record Pending(Refusal refusal, @Nullable Instant seen) {}

    /** @return whether there were any */
    boolean add(Map<CounterKey, Refusal> refused) {
        refused.forEach((key, refusal) -> {
            if (pending.size() < BudgetRefusals.MAX || pending.containsKey(key)) {
                pending.put(key, new Pending(refusal, null));
            }
        });
        return !refused.isEmpty();
    }

    boolean contains(CounterKey key) {
        return pending.containsKey(key);
    }

    /** Forgets those that cannot be the end of a budget any more. */
    void drop(Instant now, Predicate<Refusal> gone) {
        pending.values().removeIf(p -> p.seen != null && p.seen.plus(KEPT).isBefore(now) || gone.test(p.refusal));
    }

    /** They were looked at; only those that wait for the ledger are kept. */
    void looked(Instant now, BiPredicate<CounterKey, Refusal> waits) {
        pending.entrySet().removeIf(e -> !waits.test(e.getKey(), e.getValue().refusal));
        pending.replaceAll((key, p) -> p.seen == null ? new Pending(p.refusal, now) : p);
    }

    void clear() {
        pending.clear();
    }
}
