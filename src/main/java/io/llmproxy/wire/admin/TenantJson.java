package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tenant. {@code status} is {@code active} or {@code suspended}, {@code redact} is {@code off}, {@code mask} or {@code vault}. */
public record TenantJson(
        String id,
        String slug,
        String name,
        String status,
        @Nullable String defaultProvider,
        List<String> allowedProviders,
        List<String> allowedModels,
        @Nullable Integer maxUsers,
        @Nullable Integer maxApiKeys,
        String auditMode,
        @Nullable Integer auditRetentionDays,
        @Nullable Integer usageRetentionDays,
        @Nullable Integer bodyRetentionDays,
        @Nullable Long maxRequestsPerMinute,
        @Nullable Long maxRequestsPerDay,
        @Nullable Long maxTokensPerDay,
        @Nullable Integer maxOutputTokens,
        @Nullable String timeZone,
        String redact,
        List<String> redactKinds,
        List<String> redactPatterns,
        List<String> redactProviders,
        boolean redactStrict,
        Instant createdAt,
        Instant updatedAt) {

    /** Body of {@code POST /api/v1/tenants}. */
    public record Create(String slug, @Nullable String name) {}
}
