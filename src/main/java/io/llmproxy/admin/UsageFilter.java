package io.llmproxy.admin;

import io.llmproxy.domain.usage.UsageQuery;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * What part of the ledger a caller asks for.
 *
 * @param tenant a slug; null: all that the caller may see
 * @param user an e-mail address or id within that tenant; null: all
 * @param from inclusive; null: from the beginning
 * @param to exclusive; null: until now
 * @param match what else its records have in common
 * @param zone where its days, weeks and months begin
 */
public record UsageFilter(
        @Nullable String tenant,
        @Nullable String user,
        @Nullable Instant from,
        @Nullable Instant to,
        UsageQuery.Match match,
        ZoneId zone) {
    public UsageFilter(@Nullable String tenant, @Nullable String user, @Nullable Instant from, @Nullable Instant to) {
        this(tenant, user, from, to, UsageQuery.Match.ALL, ZoneOffset.UTC);
    }
}
