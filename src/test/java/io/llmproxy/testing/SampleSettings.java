package io.llmproxy.testing;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.privacy.Redaction;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Settings of tenants of which somebody set one thing. */
public final class SampleSettings {
    private SampleSettings() {}

    public static TenantSettings allowedProviders(String... names) {
        return settings(Set.of(names), List.of(), null, UsageLimits.NONE, Redaction.OFF);
    }

    public static TenantSettings allowedModels(String glob) {
        return settings(Set.of(), List.of(new Glob(glob)), null, UsageLimits.NONE, Redaction.OFF);
    }

    public static TenantSettings defaultProvider(String name) {
        return settings(Set.of(), List.of(), name, UsageLimits.NONE, Redaction.OFF);
    }

    public static TenantSettings limits(UsageLimits limits) {
        return settings(Set.of(), List.of(), null, limits, Redaction.OFF);
    }

    public static TenantSettings redaction(Redaction redaction) {
        return settings(Set.of(), List.of(), null, UsageLimits.NONE, redaction);
    }

    /** In days; null: for ever. */
    public static TenantSettings retention(@Nullable Integer audit, @Nullable Integer usage) {
        return retention(audit, usage, null);
    }

    /** In days; null: for ever, but for bodies. */
    public static TenantSettings retention(@Nullable Integer audit, @Nullable Integer usage, @Nullable Integer bodies) {
        return new TenantSettings(
                null,
                null,
                Set.of(),
                List.of(),
                null,
                audit,
                usage,
                bodies,
                UsageLimits.NONE,
                Redaction.OFF,
                AuditMode.METADATA);
    }

    private static TenantSettings settings(
            Set<String> allowedProviders,
            List<Glob> allowedModels,
            @Nullable String defaultProvider,
            UsageLimits limits,
            Redaction redaction) {
        return new TenantSettings(
                null,
                null,
                allowedProviders,
                allowedModels,
                defaultProvider,
                null,
                null,
                null,
                limits,
                redaction,
                AuditMode.METADATA);
    }
}
