package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.privacy.Redaction;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an operator set for one tenant.
 *
 * @param maxUsers at most so many users; null: no limit
 * @param maxApiKeys at most so many keys that are not revoked; null: no limit
 * @param allowedProviders names of the providers that the tenant may use; empty: all that it sees
 * @param allowedModels globs over the models that the tenant may ask for; empty: all
 * @param defaultProvider name of the provider of requests that no declaration matches; null: the oldest enabled provider
 *     that declares no models
 * @param auditRetentionDays audit events older than this are purged; null: kept
 * @param usageRetentionDays usage records older than this are purged, and their sums by hour kept; null: kept
 * @param bodyRetentionDays bodies of requests older than this are purged; null: as {@link #keptBodyDays} says
 * @param limits how much the tenant may use
 * @param redaction what is done about private text in its requests
 * @param auditMode what is kept of its requests beside the account
 */
public record TenantSettings(
        @Nullable Integer maxUsers,
        @Nullable Integer maxApiKeys,
        Set<String> allowedProviders,
        List<Glob> allowedModels,
        @Nullable String defaultProvider,
        @Nullable Integer auditRetentionDays,
        @Nullable Integer usageRetentionDays,
        @Nullable Integer bodyRetentionDays,
        UsageLimits limits,
        Redaction redaction,
        AuditMode auditMode) {

    private static final int BODY_DAYS = 30;

    public static final TenantSettings DEFAULT = new TenantSettings(
            null,
            null,
            Set.of(),
            List.of(),
            null,
            null,
            null,
            null,
            UsageLimits.NONE,
            Redaction.OFF,
            AuditMode.METADATA);

    /** How long bodies of requests are kept: prompts are not to pile up because nobody said anything. */
    public int keptBodyDays() {
        if (bodyRetentionDays != null) {
            return bodyRetentionDays;
        }
        return auditRetentionDays == null ? BODY_DAYS : auditRetentionDays;
    }

    public TenantSettings {
        notNegative("maxUsers", maxUsers);
        notNegative("maxApiKeys", maxApiKeys);
        allowedProviders = Set.copyOf(allowedProviders);
        allowedProviders.forEach(p -> Checks.name("allowedProviders", p));
        allowedModels = List.copyOf(allowedModels);
        if (defaultProvider != null) {
            Checks.name("defaultProvider", defaultProvider);
        }
        days("auditRetentionDays", auditRetentionDays);
        days("usageRetentionDays", usageRetentionDays);
        days("bodyRetentionDays", bodyRetentionDays);
    }

    private static void notNegative(String field, @Nullable Integer value) {
        if (value != null) {
            Checks.atLeast(field, value, 0);
        }
    }

    private static void days(String field, @Nullable Integer value) {
        if (value != null && (value < 1 || value > 36_500)) {
            throw new InvalidValueException(field, "must be 1 to 36500 days; got " + value);
        }
    }
}
