package io.llmproxy.wire.admin;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A user. {@code status} is {@code enabled} or {@code disabled}. */
public record UserJson(
        String id,
        String tenant,
        String email,
        @Nullable String name,
        String role,
        String status,
        Instant createdAt,
        Instant updatedAt) {

    /** Body of {@code POST /api/v1/tenants/SLUG/users}; {@code role} defaults to {@code user}. */
    public record Create(
            String email, @Nullable String name, @Nullable String role) {}
}
