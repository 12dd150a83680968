package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A price. Amounts are decimal strings in USD for a million tokens, {@code perRequest} for a request; null where nobody told.
 * {@code origin} is {@code tenant}, {@code installation} or {@code catalogue}; {@code model} may be a glob.
 */
public record PriceJson(
        String id,
        String origin,
        @Nullable String tenant,
        @Nullable String provider,
        @Nullable String type,
        String model,
        Instant validFrom,
        @Nullable String input,
        @Nullable String output,
        @Nullable String cacheRead,
        @Nullable String cacheWrite,
        @Nullable String reasoning,
        @Nullable String audioInput,
        @Nullable String audioOutput,
        @Nullable String perRequest,
        @Nullable Long contextTokens,
        @Nullable Long maxOutputTokens,
        @Nullable Instant createdAt) {

    /**
     * Body of {@code POST /api/v1/prices} and {@code POST /api/v1/tenants/SLUG/prices}.
     *
     * @param validFrom a date or a time; now, unless given
     */
    public record Create(
            @Nullable String provider,
            @Nullable String type,
            String model,
            @Nullable String validFrom,
            @Nullable String input,
            @Nullable String output,
            @Nullable String cacheRead,
            @Nullable String cacheWrite,
            @Nullable String reasoning,
            @Nullable String audioInput,
            @Nullable String audioOutput,
            @Nullable String perRequest,
            @Nullable Long contextTokens,
            @Nullable Long maxOutputTokens) {}

    /**
     * Body of {@code POST …/prices/import}.
     *
     * @param prices a list in the format of docs/prices.md
     * @param validFrom for rows that do not say; now, unless given
     * @param dryRun whether only to tell what would change
     */
    public record Import(
            String prices,
            @Nullable String validFrom,
            @Nullable Boolean dryRun) {}

    /** Its answer. */
    public record Imported(boolean dryRun, long added, long changed, long unchanged, List<Change> changes) {}

    /** One new row: {@code add} or {@code change}; rates and sizes by the columns of the format. */
    public record Change(
            String change,
            @Nullable String provider,
            @Nullable String type,
            String model,
            Instant validFrom,
            @Nullable Map<String, String> before,
            Map<String, String> after) {}
}
