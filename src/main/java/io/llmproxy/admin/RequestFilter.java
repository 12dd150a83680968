package io.llmproxy.admin;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which requests a caller looks for; null: whatever it is.
 *
 * @param tenant a slug; null: all that the caller may see
 * @param user an e-mail address within that tenant, or an id
 * @param key a name within that tenant, or an id
 * @param statusFrom and {@code statusTo}: the ends of a range, both inclusive
 */
public record RequestFilter(
        @Nullable String tenant,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable String user,
        @Nullable String key,
        @Nullable String model,
        @Nullable Integer statusFrom,
        @Nullable Integer statusTo,
        @Nullable UUID requestId) {}
