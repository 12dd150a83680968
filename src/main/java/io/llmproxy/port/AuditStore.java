package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The audit log of administration. Blocks; {@link #append} belongs inside the transaction of what it records. */
public interface AuditStore {
    void append(AuditEvent event);

    /** Newest first; of one tenant, or of all where {@code tenantId} is null. */
    Page<AuditEvent> list(@Nullable UUID tenantId, Page.Request page);

    /** Deletes at most {@code max} events of the tenant that are older; returns how many. */
    int purge(UUID tenantId, Instant before, int max);
}
