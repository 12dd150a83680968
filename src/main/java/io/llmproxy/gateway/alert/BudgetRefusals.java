package io.llmproxy.gateway.alert;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The counters, with a note of which budgets refused requests since they were last asked about: what is left of a budget may be too
 * little for any request long before it is zero. Thread-safe.
 */
public final class BudgetRefusals implements CounterStore {
    /** More are not noted: the next refusal is, once these were taken. */
    static final int MAX = 10_000;

    private final CounterStore counters;
    private final InstantSource clock;
    private final Map<CounterKey, Refusal> noted = new ConcurrentHashMap<>();

    public BudgetRefusals(CounterStore counters, InstantSource clock) {
        this.counters = counters;
        this.clock = clock;
    }

    /**
     * A budget, as it held for whom it refused.
     *
     * @param taken of it by then, also by requests that the ledger does not have yet
     */
    record Refusal(Limit limit, long taken, Instant at) {}

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        return noted(charges, counters.reserve(charges));
    }

    @Override
    public LimitDecision admit(List<Charge> charges, boolean soon, Asker asker) {
        return noted(charges, counters.admit(charges, soon, asker));
    }

    @Override
    public LimitDecision reserve(List<Charge> charges, Reservation admitted, Asker asker) {
        return noted(charges, counters.reserve(charges, admitted, asker));
    }

    @Override
    public @Nullable Denied refusal(List<Charge> charges) {
        return refused(charges, counters.refusal(charges));
    }

    @Override
    public @Nullable Denied refusal(List<Charge> charges, Asker asker) {
        return refused(charges, counters.refusal(charges, asker));
    }

    private @Nullable Denied refused(List<Charge> charges, @Nullable Denied denied) {
        if (denied != null) {
            noted(charges, denied);
        }
        return denied;
    }

    private LimitDecision noted(List<Charge> charges, LimitDecision decision) {
        if (decision instanceof Denied denied) {
            denied.all().forEach(refusal -> note(refusal, charges));
        }
        return decision;
    }

    private void note(LimitDecision.Refusal refusal, List<Charge> charges) {
        if (!BudgetWatch.watches(refusal.limit()) || noted.size() >= MAX) {
            return;
        }
        for (Charge charge : charges) {
            if (charge.limit().id().equals(refusal.limit().id())) {
                Limit limit = charge.limit();
                noted.put(charge.key(), new Refusal(limit, limit.amount() - refusal.remaining(), clock.instant()));
            }
        }
    }

    /** Those that refused since the last call, and when each did last. */
    Map<CounterKey, Refusal> take() {
        Map<CounterKey, Refusal> taken = Map.copyOf(noted);
        taken.forEach(noted::remove);
        return taken;
    }

    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        return counters.used(limit);
    }

    @Override
    public void reset(Limit limit) {
        counters.reset(limit);
    }

    @Override
    public void seed(PastUse past) {
        counters.seed(past);
    }
}
