package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.AuditQuery;
import io.llmproxy.port.AuditStore;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

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
    public Page<AuditEvent> list(AuditQuery query, Page.Request request) {
        List<AuditEvent> events = matching(query);
        return rows.page(events.reversed(), e -> "", Page.Request.first(request.limit()));
    }

    private List<AuditEvent> matching(AuditQuery query) {
        UUID tenantId = query.tenantId();
        return rows.auditRows.stream()
                .filter(e -> tenantId == null || tenantId.equals(e.tenantId()))
                .toList();
    }

    @Override
    public Page<AuditEvent> follow(AuditQuery query, Page.Request request) {
        int after = request.after() == null ? 0 : Integer.parseInt(request.after());
        List<AuditEvent> events = matching(query);
        return new Page<>(events.subList(Math.min(after, events.size()), events.size()), end());
    }

    @Override
    public String end() {
        return String.valueOf(rows.auditRows.size());
    }

    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        int size = rows.auditRows.size();
        rows.auditRows.removeIf(e -> tenantId.equals(e.tenantId()) && e.at().isBefore(before));
        return size - rows.auditRows.size();
    }
}
