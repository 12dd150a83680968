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
 * @param before what the fields held that it changed, as far as they held anything; without secrets
 * @param details what it set, without secrets
 */
public record AuditEvent(
        UUID id,
        Instant at,
        @Nullable UUID tenantId,
        @Nullable String tenantSlug,
        Actor actor,
        String action,
        String target,
        Map<String, String> before,
        Map<String, String> details) {
    public AuditEvent {
        before = Map.copyOf(before);
        details = Map.copyOf(details);
    }

    /** One that replaced nothing. */
    public AuditEvent(
            UUID id,
            Instant at,
            @Nullable UUID tenantId,
            @Nullable String tenantSlug,
            Actor actor,
            String action,
            String target,
            Map<String, String> details) {
        this(id, at, tenantId, tenantSlug, actor, action, target, Map.of(), details);
    }

    /** The chain that it belongs to: the tenant's, or the one of the installation. */
    public UUID chain() {
        return tenantId == null ? AuditChain.INSTALLATION : tenantId;
    }
}
