package io.llmproxy.admin;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Requirement;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.route.Target;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.domain.usage.PriceRow;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One change of the managed state; {@link CommandExecutor} is the only place that carries one out. */
public sealed interface AdminCommand {
    /** The slug of the tenant that it concerns; null: the shared providers, or the installation's prices. */
    @Nullable
    String tenant();

    /** @param name what people call the tenant; null: its slug */
    record CreateTenant(String tenant, @Nullable String name) implements AdminCommand {}

    /** New settings of a tenant; what is not named stays. */
    record UpdateTenant(
            String tenant,
            Change<String> name,
            Change<String> defaultProvider,
            Change<Set<String>> allowedProviders,
            Change<List<Glob>> allowedModels,
            Change<Integer> maxUsers,
            Change<Integer> maxApiKeys,
            Change<Integer> auditRetentionDays,
            Change<Integer> usageRetentionDays,
            Change<Integer> bodyRetentionDays,
            UsageLimitChanges limits,
            RedactionChanges redaction,
            Change<AuditMode> auditMode)
            implements AdminCommand {
        /** Whether it leaves alone what an admin of the installation set for the tenant. */
        boolean withinTenant() {
            return !(allowedProviders.named()
                    || allowedModels.named()
                    || maxUsers.named()
                    || maxApiKeys.named()
                    || auditRetentionDays.named()
                    || usageRetentionDays.named()
                    || bodyRetentionDays.named()
                    || auditMode.named()
                    || limits.named()
                    || redaction.named());
        }
    }

    /** What an update says of private text in a tenant's requests. */
    record RedactionChanges(
            Change<Redaction.Mode> mode,
            Change<Set<PrivateKind>> kinds,
            Change<List<CustomPattern>> patterns,
            Change<Set<String>> providers,
            Change<Boolean> strict) {
        public static final RedactionChanges NONE =
                new RedactionChanges(Change.none(), Change.none(), Change.none(), Change.none(), Change.none());

        boolean named() {
            return mode.named() || kinds.named() || patterns.named() || providers.named() || strict.named();
        }

        Redaction over(Redaction old) {
            return new Redaction(
                    mode.over(old.mode(), Redaction.Mode.OFF),
                    kinds.over(old.kinds(), Set.of()),
                    patterns.over(old.patterns(), List.of()),
                    providers.over(old.providers(), Set.of()),
                    strict.over(old.strict(), true));
        }
    }

    /** What an update says of how much a tenant may use. */
    record UsageLimitChanges(
            Change<Long> maxRequestsPerMinute,
            Change<Long> maxRequestsPerDay,
            Change<Long> maxTokensPerDay,
            Change<Integer> maxOutputTokens,
            Change<String> timeZone) {
        public static final UsageLimitChanges NONE =
                new UsageLimitChanges(Change.none(), Change.none(), Change.none(), Change.none(), Change.none());

        boolean named() {
            return maxRequestsPerMinute.named()
                    || maxRequestsPerDay.named()
                    || maxTokensPerDay.named()
                    || maxOutputTokens.named()
                    || timeZone.named();
        }

        UsageLimits over(UsageLimits old) {
            return new UsageLimits(
                    maxRequestsPerMinute.over(old.maxRequestsPerMinute()),
                    maxRequestsPerDay.over(old.maxRequestsPerDay()),
                    maxTokensPerDay.over(old.maxTokensPerDay()),
                    maxOutputTokens.over(old.maxOutputTokens()),
                    timeZone.over(old.timeZone()));
        }
    }

    /** Says in the audit that events older than that are about to be purged; null: those of the installation. */
    record PurgeAudit(@Nullable String tenant, Instant before) implements AdminCommand {}

    /**
     * Says in the audit that records and bodies of requests older than that are about to be purged.
     *
     * @param tenant null: the only one of this process
     */
    record PurgeRequests(@Nullable String tenant, Instant before) implements AdminCommand {}

    /**
     * Says in the audit that bodies of requests were read.
     *
     * @param requests how many
     * @param first the id of one of them
     */
    record ReadBodies(String tenant, int requests, String first) implements AdminCommand {}

    record ActivateTenant(String tenant) implements AdminCommand {}

    /** @param now whether running requests are cut too */
    record SuspendTenant(String tenant, boolean now) implements AdminCommand {}

    /** @param cascade whether what the tenant owns goes with it; ledger and audit stay in any case */
    record DeleteTenant(String tenant, boolean cascade) implements AdminCommand {}

    record CreateUser(String tenant, String email, @Nullable String name, Role role) implements AdminCommand {}

    /** @param user an e-mail address or an id */
    record UpdateUser(String tenant, String user, Change<String> name, Change<Role> role, Change<Boolean> enabled)
            implements AdminCommand {}

    /** @param cascade whether the user's keys go too */
    record DeleteUser(String tenant, String user, boolean cascade) implements AdminCommand {}

    /**
     * A new key.
     *
     * @param user whose key it is, by e-mail address or id; null: nobody's, or the caller's own where the role is user
     * @param expires a duration from now or an instant; null: never
     * @param secret what is known of its secret, which is elsewhere; null: a new one is made
     */
    record CreateKey(
            String tenant,
            String name,
            @Nullable String user,
            @Nullable String expires,
            KeyScope scope,
            @Nullable KnownSecret secret)
            implements AdminCommand {
        /** A key whose secret is made. */
        public CreateKey(String tenant, String name, @Nullable String user, @Nullable String expires, KeyScope scope) {
            this(tenant, name, user, expires, scope, null);
        }
    }

    /**
     * A secret that somebody has already.
     *
     * @param prefix its first 12 characters
     */
    record KnownSecret(KeyHash hash, String prefix) {}

    /** @param key a name, an id or a displayed prefix */
    record UpdateKey(
            String tenant,
            String key,
            Change<String> expires,
            Change<List<Glob>> models,
            Change<Set<String>> providers,
            Change<List<Cidr>> cidrs,
            Change<Boolean> passthrough,
            MapChange labels,
            Change<Long> maxRequests,
            Change<List<CertificateName>> certificates,
            Change<Boolean> certificateOnly)
            implements AdminCommand {
        /** An update that says nothing of the number of requests and of certificates. */
        public UpdateKey(
                String tenant,
                String key,
                Change<String> expires,
                Change<List<Glob>> models,
                Change<Set<String>> providers,
                Change<List<Cidr>> cidrs,
                Change<Boolean> passthrough,
                MapChange labels) {
            this(
                    tenant,
                    key,
                    expires,
                    models,
                    providers,
                    cidrs,
                    passthrough,
                    labels,
                    Change.none(),
                    Change.none(),
                    Change.none());
        }
    }

    /** @param now whether running requests are cut too */
    record RevokeKey(String tenant, String key, boolean now) implements AdminCommand {}

    /** @param grace how long the old secret stays valid, a duration; null: 24 hours */
    record RotateKey(String tenant, String key, @Nullable String grace) implements AdminCommand {}

    record DeleteKey(String tenant, String key) implements AdminCommand {}

    /** @param user whose keys; null: all of the tenant, or the caller's own where the role is user */
    record RevokeAllKeys(String tenant, @Nullable String user, boolean now) implements AdminCommand {}

    /**
     * A new provider.
     *
     * @param settings with {@code baseUrl} and what else differs from the defaults
     */
    record CreateProvider(@Nullable String tenant, String name, ProviderKind kind, ProviderChanges settings)
            implements AdminCommand {}

    /** @param provider a name or an id */
    record UpdateProvider(@Nullable String tenant, String provider, ProviderChanges changes) implements AdminCommand {}

    record EnableProvider(@Nullable String tenant, String provider) implements AdminCommand {}

    record DisableProvider(@Nullable String tenant, String provider) implements AdminCommand {}

    record DeleteProvider(@Nullable String tenant, String provider) implements AdminCommand {}

    /**
     * A new price; one of the same scope and time is replaced.
     *
     * @param tenant null: for the whole installation
     */
    record SetPrice(@Nullable String tenant, PriceRow row) implements AdminCommand {}

    /** New prices, all or none; those that are in force already are left alone. */
    record ImportPrices(@Nullable String tenant, List<PriceRow> rows) implements AdminCommand {
        public ImportPrices {
            rows = List.copyOf(rows);
        }
    }

    record DeletePrice(@Nullable String tenant, UUID price) implements AdminCommand {}

    /**
     * Sets a limit; one with the same scope, subject, metric and period, set by the same kind of admin, is changed.
     *
     * @param tenant whose; null: of the installation
     * @param period null: a limit of concurrency
     * @param algorithm null: the period's usual one
     */
    record SetLimit(
            @Nullable String tenant,
            LimitScope scope,
            @Nullable String subject,
            LimitMetric metric,
            long amount,
            @Nullable LimitPeriod period,
            @Nullable LimitAlgorithm algorithm,
            int segments,
            LimitMode mode)
            implements AdminCommand {}

    /**
     * Lets a limit's counters begin anew.
     *
     * @param limit an id
     */
    record ResetLimit(@Nullable String tenant, String limit) implements AdminCommand {}

    /** @param limit an id */
    record DeleteLimit(@Nullable String tenant, String limit) implements AdminCommand {}

    /**
     * A new route.
     *
     * @param tenant null: of all tenants
     * @param settings with {@code targets} and what else differs from the defaults
     */
    record CreateRoute(@Nullable String tenant, String name, RouteChanges settings) implements AdminCommand {}

    /** @param route a name or an id */
    record UpdateRoute(@Nullable String tenant, String route, RouteChanges changes) implements AdminCommand {}

    /** @param route a name or an id */
    record DeleteRoute(@Nullable String tenant, String route) implements AdminCommand {}

    /** The settings of a route that a command names. */
    record RouteChanges(
            Change<Glob> matchPath,
            MapChange matchHeaders,
            Change<Glob> matchHost,
            Change<Glob> matchUser,
            MapChange matchLabels,
            Change<BalancePolicy> strategy,
            Change<Stickiness> sticky,
            Change<Set<Requirement>> requires,
            Change<List<Target>> targets,
            Change<Integer> retries,
            Change<Boolean> retryTimeouts,
            Change<Duration> timeout) {}

    /**
     * The settings of a provider that a command names.
     *
     * @param credentialRef where the server reads the credential
     * @param apiKey the credential itself; sealed before it is stored, never kept otherwise
     */
    record ProviderChanges(
            Change<URI> baseUrl,
            Change<SecretRef> credentialRef,
            Change<Secret> apiKey,
            Change<List<Glob>> models,
            Change<Integer> priority,
            Change<Integer> weight,
            MapChange headers,
            Change<String> apiVersion,
            Change<Duration> connectTimeout,
            Change<Duration> firstByteTimeout,
            Change<Duration> idleTimeout,
            Change<Duration> timeout,
            EgressChanges egress,
            Change<StreamUsage> streamUsage,
            CredentialChanges credentials,
            MapChange abilities,
            MapChange options) {
        public static final ProviderChanges NONE = new ProviderChanges(
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                EgressChanges.NONE,
                Change.none(),
                CredentialChanges.NONE,
                MapChange.NONE,
                MapChange.NONE);

        /**
         * Whether it reaches into the server's own surroundings, its secrets, files and network, which an admin of the
         * installation alone may.
         */
        boolean namesSurroundings() {
            return credentialRef.value() != null || credentials.addRef() != null || egress.named();
        }
    }

    /**
     * What a command says of further credentials, besides the one that a provider has or is given.
     *
     * @param addRef where the server reads one more; null: none
     * @param addKey one more by value; sealed before it is stored, never kept otherwise; null: none
     * @param remove names of those that go
     */
    record CredentialChanges(
            @Nullable SecretRef addRef, @Nullable Secret addKey, List<String> remove) {
        public static final CredentialChanges NONE = new CredentialChanges(null, null, List.of());

        public CredentialChanges {
            remove = List.copyOf(remove);
        }
    }

    /**
     * What a command says of the way to a provider.
     *
     * @param proxy with its login in the clear, which is sealed before it is stored
     */
    record EgressChanges(
            Change<SecretRef> caFile,
            Change<SecretRef> clientCertificateFile,
            Change<SecretRef> clientKeyFile,
            Change<UpstreamProxy> proxy) {
        public static final EgressChanges NONE =
                new EgressChanges(Change.none(), Change.none(), Change.none(), Change.none());

        boolean named() {
            return caFile.named() || clientCertificateFile.named() || clientKeyFile.named() || proxy.named();
        }
    }
}
