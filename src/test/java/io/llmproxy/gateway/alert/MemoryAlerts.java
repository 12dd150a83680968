package io.llmproxy.gateway.alert;

import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.port.AlertStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Alerts in memory, in the order of their claims. */
final class MemoryAlerts implements AlertStore {
    final List<BudgetAlert> told = new ArrayList<>();
    private final Set<List<Object>> identities = new HashSet<>();
    private final List<Pending> waiting = new ArrayList<>();

    @Override
    public boolean claim(String realm, String counter, BudgetAlert a, @Nullable Instant sendAt) {
        if (!identities.add(List.of(realm, counter, String.valueOf(a.periodStart()), a.amount(), a.threshold()))) {
            return false;
        }
        told.add(a);
        if (sendAt != null) {
            waiting.add(new Pending(a, 0, sendAt));
        }
        return true;
    }

    @Override
    public List<Pending> due(String realm, Instant now, int max) {
        return waiting.stream()
                .filter(p -> !p.dueAt().isAfter(now))
                .sorted(Comparator.comparing(Pending::dueAt))
                .limit(max)
                .toList();
    }

    @Override
    public boolean take(Pending pending, Instant until) {
        boolean there = waiting.remove(pending);
        if (there) {
            waiting.add(new Pending(pending.alert(), pending.attempts() + 1, until));
        }
        return there;
    }

    @Override
    public void next(UUID alert, @Nullable Instant at) {
        Pending known = waiting.stream()
                .filter(p -> p.alert().id().equals(alert))
                .findFirst()
                .orElseThrow();
        waiting.remove(known);
        if (at != null) {
            waiting.add(new Pending(known.alert(), known.attempts(), at));
        }
    }

    @Override
    public int purge(Instant before) {
        return 0;
    }

    int waiting() {
        return waiting.size();
    }
}
