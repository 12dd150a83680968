package io.llmproxy.adapter.admin;

import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.CommandResult;
import io.llmproxy.admin.KeyView;
import io.llmproxy.admin.ProviderState;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.admin.ProviderView;
import io.llmproxy.admin.TargetState;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.CredentialState;
import io.llmproxy.wire.admin.KeyJson;
import io.llmproxy.wire.admin.ProviderJson;
import io.llmproxy.wire.admin.StatusJson;
import io.llmproxy.wire.admin.TenantJson;
import io.llmproxy.wire.admin.UserJson;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Puts what the appliance knows into the shapes of the admin API. */
final class Shapes {
    private final Function<UUID, @Nullable String> faults;
    private final Function<UUID, ProviderState> states;
    private final InstantSource clock;

    /**
     * @param faults why a live provider, by its id, cannot be called; null: it can
     * @param states how a provider does
     */
    Shapes(Function<UUID, @Nullable String> faults, Function<UUID, ProviderState> states, InstantSource clock) {
        this.faults = faults;
        this.states = states;
        this.clock = clock;
    }

    /** @param status where there is something to show */
    Answer answer(int status, CommandResult result) {
        return switch (result) {
            case CommandResult.OfTenant r -> Answer.of(status, tenant(r.tenant()));
            case CommandResult.OfUser r -> Answer.of(status, user(r.tenant(), r.user()));
            case CommandResult.OfKey r -> Answer.of(status, key(r.key(), r.secret()));
            case CommandResult.OfProvider r -> Answer.of(status, provider(r.provider()));
            case CommandResult.OfPrice r -> Answer.of(status, PriceShapes.price(r.price()));
            case CommandResult.PricesImported r -> Answer.of(status, PriceShapes.imported(false, r.diff()));
            case CommandResult.OfLimit r -> Answer.of(status, LimitShapes.limit(r.limit()));
            case CommandResult.OfRoute r -> Answer.of(status, RoutesResource.json(r.route()));
            case CommandResult.Revoked r -> Answer.of(status, Map.of("revoked", r.count()));
            case CommandResult.Deleted _ -> Answer.none();
        };
    }

    TenantJson tenant(Tenant t) {
        TenantSettings s = t.settings();
        return new TenantJson(
                t.id().toString(),
                t.slug(),
                t.name(),
                t.status().active() ? "active" : "suspended",
                s.defaultProvider(),
                s.allowedProviders().stream().sorted().toList(),
                globs(s.allowedModels()),
                s.maxUsers(),
                s.maxApiKeys(),
                s.auditMode().word(),
                s.auditRetentionDays(),
                s.usageRetentionDays(),
                s.bodyRetentionDays(),
                s.limits().maxRequestsPerMinute(),
                s.limits().maxRequestsPerDay(),
                s.limits().maxTokensPerDay(),
                s.limits().maxOutputTokens(),
                s.limits().timeZone(),
                s.redaction().mode().word(),
                s.redaction().kinds().stream().map(PrivateKind::word).sorted().toList(),
                s.redaction().patterns().stream().map(CustomPattern::text).toList(),
                s.redaction().providers().stream().sorted().toList(),
                s.redaction().strict(),
                time(t.createdAt()),
                time(t.updatedAt()));
    }

    UserJson user(Tenant tenant, User u) {
        return new UserJson(
                u.id().toString(),
                tenant.slug(),
                u.email(),
                u.name(),
                u.role().word(),
                u.enabled() ? "enabled" : "disabled",
                time(u.createdAt()),
                time(u.updatedAt()));
    }

    KeyJson key(KeyView view) {
        return key(view, null);
    }

    private KeyJson key(KeyView view, @Nullable Secret secret) {
        ApiKey k = view.key();
        KeyScope s = k.scope();
        User user = view.user();
        Instant now = clock.instant();
        Instant previous = k.previousUntil();
        return new KeyJson(
                k.id().toString(),
                view.tenant().slug(),
                user == null ? null : user.email(),
                k.name(),
                k.prefix(),
                secret == null ? null : secret.reveal(),
                status(k, user, now),
                globs(s.models()),
                s.providers().stream().sorted().toList(),
                s.cidrs().stream().map(Cidr::toString).toList(),
                s.passthrough(),
                s.labels(),
                s.maxRequests(),
                s.certificates().names().stream().map(CertificateName::toString).toList(),
                s.certificates().alone(),
                orNull(k.expiresAt()),
                orNull(k.revokedAt()),
                previous != null && previous.isAfter(now) ? time(previous) : null,
                orNull(k.lastUsedAt()),
                time(k.createdAt()),
                time(k.updatedAt()));
    }

    private static String status(ApiKey key, @Nullable User user, Instant now) {
        if (key.revoked()) {
            return "revoked";
        }
        if (key.expired(now)) {
            return "expired";
        }
        return user == null || user.enabled() ? "active" : "disabled";
    }

    ProviderJson provider(ProviderView view) {
        ProviderAccount p = view.account();
        Tenant owner = view.owner();
        ProviderTimeouts t = p.timeouts();
        boolean detailed = view.detailed() || !p.shared();
        String fault = p.enabled() ? faults.apply(p.id()) : null;
        ProviderState state = states.apply(p.id());
        return new ProviderJson(
                p.id().toString(),
                owner == null ? null : owner.slug(),
                p.shared(),
                p.name(),
                p.kind().word(),
                p.baseUrl().toString(),
                credential(p.credential(), detailed),
                detailed ? credentials(p.credential(), state.credentials()) : List.of(),
                globs(p.models()),
                p.priority(),
                p.weight(),
                masked(p.headers()),
                p.apiVersion(),
                Durations.format(t.connect()),
                Durations.format(t.firstByte()),
                Durations.format(t.idle()),
                t.total() == null ? null : Durations.format(t.total()),
                file(p.egress().caFile(), detailed),
                file(p.egress().clientCertificateFile(), detailed),
                file(p.egress().clientKeyFile(), detailed),
                proxy(p.egress().proxy(), detailed),
                p.streamUsage().word(),
                p.abilities().texts(),
                p.options().values(),
                !p.enabled() ? "disabled" : fault == null ? "enabled" : "unhealthy",
                fault == null || detailed ? fault : "an admin of the installation can see why",
                // of a shared one they tell what other tenants use
                detailed ? state.targets().stream().map(Shapes::target).toList() : List.of(),
                detailed ? check(state.check()) : null,
                time(p.createdAt()),
                time(p.updatedAt()));
    }

    private static ProviderJson.@Nullable Check check(ProviderState.@Nullable Check c) {
        return c == null ? null : new ProviderJson.Check(c.state(), c.reason(), time(c.at()));
    }

    private static ProviderJson.Target target(TargetState t) {
        return new ProviderJson.Target(t.model(), t.state(), t.reason(), t.retrySeconds(), t.firstByteMillis());
    }

    static ProviderJson.Test test(ProviderTester.Report r) {
        return new ProviderJson.Test(r.ok(), r.status(), r.latencyMs(), r.message(), r.models());
    }

    static StatusJson status(ApplianceStatus s) {
        return new StatusJson(
                s.version(),
                s.tenant(),
                time(s.startedAt()),
                s.uptimeSeconds(),
                s.gateway(),
                s.admin(),
                s.database(),
                s.counters().store(),
                s.counters().state(),
                time(s.counters().since()),
                s.counters().processes(),
                s.requestsInFlight(),
                s.journalBacklog(),
                s.pressure().bodyMemory(),
                s.pressure().softPassed(),
                s.pressure().shadowPassed(),
                s.tenants(),
                s.keys(),
                s.providers(),
                s.problems());
    }

    static Instant time(Instant at) {
        return at.truncatedTo(ChronoUnit.MILLIS);
    }

    private static @Nullable Instant orNull(@Nullable Instant at) {
        return at == null ? null : time(at);
    }

    private static String credential(Credential credential, boolean detailed) {
        return switch (credential) {
            case Credential.None _ -> "none";
            case Credential.Sealed _ -> "sealed";
            case Credential.Referenced r -> detailed ? r.ref().toString() : "reference";
            case Credential.Several _ -> "several";
        };
    }

    /** Those that are stored, with what is known of those that are live. */
    private static List<ProviderJson.CredentialOf> credentials(Credential stored, List<CredentialState> live) {
        if (!(stored instanceof Credential.Several(List<Credential.Named> all))) {
            return List.of();
        }
        return all.stream()
                .map(named -> live.stream()
                        .filter(state -> state.name().equals(named.name()))
                        .findFirst()
                        .map(s -> new ProviderJson.CredentialOf(s.name(), s.state(), s.reason(), s.restSeconds()))
                        .orElseGet(() -> new ProviderJson.CredentialOf(named.name(), "unknown", null, 0)))
                .toList();
    }

    private static @Nullable String file(@Nullable SecretRef file, boolean detailed) {
        return file == null ? null : detailed ? file.name() : "***";
    }

    private static @Nullable String proxy(ProviderEgress.@Nullable Proxy proxy, boolean detailed) {
        if (proxy == null || !detailed) {
            return proxy == null ? null : "***";
        }
        return proxy.login() == null ? proxy.url() : proxy.url().replace("://", "://***@");
    }

    private static Map<String, String> masked(Map<String, String> headers) {
        Map<String, String> out = new TreeMap<>();
        headers.keySet().forEach(name -> out.put(name, "***"));
        return out;
    }

    private static List<String> globs(List<Glob> globs) {
        return globs.stream().map(Glob::pattern).toList();
    }
}
