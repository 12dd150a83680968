package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.port.AuditStore;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The audit log in memory. */
final class InMemoryAuditStore implements AuditStore {
    private final InMemoryRows rows;

    InMemoryAuditStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void append(AuditEvent event) {
        rows.checkThere();
        rows.auditRows.add(event);
        rows.onRollback(() -> rows.auditRows.remove(event));
    }

    @Override
    public Page<AuditEvent> list(@Nullable UUID tenantId, Page.Request request) {
        List<AuditEvent> events = rows.auditRows.stream()
                .filter(e -> tenantId == null || tenantId.equals(e.tenantId()))
                .toList();
        return rows.page(events.reversed(), e -> "", Page.Request.first(request.limit()));
    }

    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        int size = rows.auditRows.size();
        rows.auditRows.removeIf(e -> tenantId.equals(e.tenantId()) && e.at().isBefore(before));
        return size - rows.auditRows.size();
    }
}
