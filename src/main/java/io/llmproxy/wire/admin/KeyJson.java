package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An API key. {@code status} is {@code active}, {@code expired}, {@code revoked}, or {@code disabled} while its user is;
 * {@code secret} is there only in the answer that made it (create, rotate). {@code certificates} are of clients, as
 * {@code dns:app.example.com}; {@code certificateOnly} says that they stand for the key, which has no secret then.
 */
public record KeyJson(
        String id,
        String tenant,
        @Nullable String user,
        String name,
        String prefix,
        @Nullable String secret,
        String status,
        List<String> models,
        List<String> providers,
        List<String> cidrs,
        boolean passthrough,
        Map<String, String> labels,
        @Nullable Long maxRequests,
        List<String> certificates,
        boolean certificateOnly,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        @Nullable Instant previousSecretUntil,
        @Nullable Instant lastUsedAt,
        Instant createdAt,
        Instant updatedAt) {

    /** Body of {@code POST /api/v1/tenants/SLUG/keys}. {@code expires} is a duration as {@code 30d}, or an instant. */
    public record Create(
            String name,
            @Nullable String user,
            @Nullable String expires,
            @Nullable List<String> models,
            @Nullable List<String> providers,
            @Nullable List<String> cidrs,
            @Nullable Boolean passthrough,
            @Nullable Map<String, String> labels,
            @Nullable Long maxRequests,
            @Nullable List<String> certificates,
            @Nullable Boolean certificateOnly) {}

    /** Body of {@code POST …/keys/NAME/revoke} and {@code …/keys/revoke-all}. */
    public record Revoke(@Nullable Boolean now, @Nullable String user) {}

    /** Body of {@code POST …/keys/NAME/rotate}; {@code grace} is a duration, 24h unless given. */
    public record Rotate(@Nullable String grace) {}
}
