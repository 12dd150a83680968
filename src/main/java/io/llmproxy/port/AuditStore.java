package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.AuditQuery;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The audit log of administration. Blocks; {@link #append} belongs inside the transaction of what it records. */
public interface AuditStore {
    /** Puts the event at the end of its chain, which nobody else can append to until the transaction ends. */
    void append(AuditEvent event);

    /** Appends them in their order, as one. */
    default void appendAll(List<AuditEvent> events) {
        events.forEach(this::append);
    }

    /** Newest first. */
    Page<AuditEvent> list(AuditQuery query, Page.Request page);

    /** Newest first; of one tenant, or of all where {@code tenantId} is null. */
    default Page<AuditEvent> list(@Nullable UUID tenantId, Page.Request page) {
        return list(AuditQuery.of(tenantId), page);
    }

    /** Oldest first; {@code next} is always where to go on, also where there is nothing more yet. */
    Page<AuditEvent> follow(AuditQuery query, Page.Request page);

    /** Where {@link #follow} goes on behind the newest event. */
    String end();

    /**
     * Deletes from the beginning of the chain events that are older, at most {@code max} of them, up to the first that is not;
     * a signed checkpoint stands for them from then on. Returns how many.
     *
     * @param chain a tenant's id, or {@link io.llmproxy.domain.audit.AuditChain#INSTALLATION}
     */
    int purge(UUID chain, Instant before, int max);
}
