package io.llmproxy.domain.audit;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What part of the audit of administration is asked for; null: whatever it is.
 *
 * @param tenantId the tenant that the events concern; null: all, and the installation's too
 * @param from inclusive
 * @param to exclusive
 * @param actor the whole name, as {@code unix:root}
 * @param action a whole action, as {@code key.revoke}, or a noun, as {@code key}
 * @param target the whole target, as {@code key/dev}
 */
public record AuditQuery(
        @Nullable UUID tenantId,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable String actor,
        @Nullable String action,
        @Nullable String target) {
    public static AuditQuery of(@Nullable UUID tenantId) {
        return new AuditQuery(tenantId, null, null, null, null, null);
    }
}
