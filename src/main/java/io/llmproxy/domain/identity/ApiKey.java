package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A gateway API key, of a tenant and optionally of a user; the secret itself is never kept.
 *
 * @param prefix the first 12 characters of the secret, for display
 * @param previousHash the hash before the last rotation, accepted until {@code previousUntil}
 * @param revokedAt when it was revoked; null: it is not
 * @param cutRunning whether the revocation also cuts the requests that run
 * @param lastUsedAt accurate to about a minute
 */
public record ApiKey(
        UUID id,
        UUID tenantId,
        @Nullable UUID userId,
        String name,
        KeyHash hash,
        String prefix,
        @Nullable KeyHash previousHash,
        @Nullable Instant previousUntil,
        KeyScope scope,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        boolean cutRunning,
        @Nullable Instant lastUsedAt,
        Instant createdAt,
        Instant updatedAt) {

    public static final int PREFIX_LENGTH = 12;

    public ApiKey {
        Checks.name("name", name);
    }

    public boolean expired(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }

    public boolean revoked() {
        return revokedAt != null;
    }

    public ApiKey with(KeyScope newScope, @Nullable Instant newExpiry, Instant now) {
        return new ApiKey(
                id,
                tenantId,
                userId,
                name,
                hash,
                prefix,
                previousHash,
                previousUntil,
                newScope,
                newExpiry,
                revokedAt,
                cutRunning,
                lastUsedAt,
                createdAt,
                now);
    }

    public ApiKey revoke(boolean cut, Instant now) {
        return new ApiKey(
                id,
                tenantId,
                userId,
                name,
                hash,
                prefix,
                previousHash,
                previousUntil,
                scope,
                expiresAt,
                revokedAt == null ? now : revokedAt,
                cutRunning || cut,
                lastUsedAt,
                createdAt,
                now);
    }

    /** The key with a new secret; the old one is accepted until {@code oldUntil}. */
    public ApiKey rotate(KeyHash newHash, String newPrefix, Instant oldUntil, Instant now) {
        return new ApiKey(
                id,
                tenantId,
                userId,
                name,
                newHash,
                newPrefix,
                hash,
                oldUntil,
                scope,
                expiresAt,
                revokedAt,
                cutRunning,
                lastUsedAt,
                createdAt,
                now);
    }
}
