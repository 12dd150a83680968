package io.llmproxy.testing;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.port.LimitStore;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Limits that were set in memory. */
final class InMemoryLimitStore implements LimitStore {
    private final InMemoryRows rows;

    InMemoryLimitStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public Limit put(Limit limit, Instant now) {
        rows.checkThere();
        UUID own = UUID.fromString(limit.id());
        UUID id = rows.limitRows.values().stream()
                .filter(l -> !rows.limitRows.containsKey(own) && l.identity().equals(limit.identity()))
                .findFirst()
                .map(l -> UUID.fromString(l.id()))
                .orElse(own);
        Limit kept = new Limit(
                id.toString(),
                limit.tenantId(),
                limit.scope(),
                limit.subject(),
                limit.metric(),
                limit.amount(),
                limit.period(),
                limit.algorithm(),
                limit.segments(),
                limit.mode(),
                limit.origin(),
                limit.zone());
        Limit before = rows.limitRows.put(id, kept);
        rows.onRollback(() -> {
            if (before == null) {
                rows.limitRows.remove(id);
            } else {
                rows.limitRows.put(id, before);
            }
        });
        return kept;
    }

    @Override
    public Optional<Limit> find(UUID id) {
        rows.checkThere();
        return Optional.ofNullable(rows.limitRows.get(id));
    }

    @Override
    public void delete(UUID id) {
        rows.checkThere();
        Limit before = rows.limitRows.remove(id);
        if (before != null) {
            rows.onRollback(() -> rows.limitRows.put(id, before));
        }
    }

    @Override
    public List<Limit> list(@Nullable UUID tenantId) {
        rows.checkThere();
        return InMemoryRows.sorted(rows.limitRows, l -> Objects.equals(l.tenantId(), tenantId), Limit::id);
    }
}
