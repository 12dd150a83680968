package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import java.time.Instant;
import java.util.UUID;

/** The unit of isolation: its own users, keys, providers, ledger and audit. */
public record Tenant(
        UUID id,
        String slug,
        String name,
        Status status,
        TenantSettings settings,
        Instant createdAt,
        Instant updatedAt) {

    /** Whether requests of the tenant's keys are served. {@code SUSPENDED_NOW} also cuts those that run. */
    public enum Status {
        ACTIVE,
        SUSPENDED,
        SUSPENDED_NOW;

        public boolean active() {
            return this == ACTIVE;
        }
    }

    public Tenant {
        Checks.slug("slug", slug);
        Checks.text("name", name, 200);
    }

    public Tenant with(Status newStatus, Instant now) {
        return new Tenant(id, slug, name, newStatus, settings, createdAt, now);
    }

    public Tenant with(String newName, TenantSettings newSettings, Instant now) {
        return new Tenant(id, slug, newName, status, newSettings, createdAt, now);
    }
}
