package io.llmproxy.admin;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What part of the audit of administration a caller asks for; null: whatever it is.
 *
 * @param tenant a slug; null: all that the caller may see
 * @param from inclusive
 * @param to exclusive
 * @param action an action, as {@code key.revoke}, or a noun, as {@code key}
 */
public record AuditFilter(
        @Nullable String tenant,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable String actor,
        @Nullable String action,
        @Nullable String target) {}
