package io.llmproxy.domain.audit;

import io.llmproxy.domain.identity.Actor;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One act of administration; outlives what it is about, so tenants are named by slug too.
 *
 * @param tenantSlug the tenant it concerns; null: the installation
 * @param action noun and verb, as {@code key.revoke}
 * @param target what it acted on, as {@code key/dev}
 * @param details what changed, without secrets
 */
public record AuditEvent(
        UUID id,
        Instant at,
        @Nullable UUID tenantId,
        @Nullable String tenantSlug,
        Actor actor,
        String action,
        String target,
        Map<String, String> details) {
    public AuditEvent {
        details = Map.copyOf(details);
    }
}
