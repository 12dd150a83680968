package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.runtime.KeySecrets;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Records for the stores; every one of them is another. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-03-04T05:06:07.123456Z");
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Samples() {}

    static String unique(String prefix) {
        return prefix + "-" + NUMBER.incrementAndGet();
    }

    static Tenant tenant(String slug) {
        return new Tenant(
                Ids.next(NOW), slug, "Ümläut & 'quotes' 🦊", Tenant.Status.ACTIVE, TenantSettings.DEFAULT, NOW, NOW);
    }

    static Tenant fullTenant(String slug) {
        TenantSettings settings = new TenantSettings(
                3,
                0,
                Set.of("a", "b.c"),
                List.of(new Glob("z*"), new Glob("gpt-\"4\\")),
                "main",
                30,
                36_500,
                7,
                UsageLimits.NONE,
                new Redaction(
                        Redaction.Mode.VAULT,
                        Set.of(PrivateKind.EMAIL, PrivateKind.US_SSN),
                        List.of(CustomPattern.parse("a-1=\"x{1,2}\\d=|é"), CustomPattern.parse("b=b")),
                        Set.of("openai", "b.c"),
                        false),
                AuditMode.FULL);
        return new Tenant(Ids.next(NOW), slug, "Acme", Tenant.Status.SUSPENDED_NOW, settings, NOW, NOW.plusSeconds(5));
    }

    static User user(Tenant tenant, String email) {
        return new User(Ids.next(NOW), tenant.id(), email, "A. User", Role.TENANT_ADMIN, false, NOW, NOW.plusMillis(1));
    }

    static ApiKey key(Tenant tenant, @Nullable User user, String name) {
        String secret = KeySecrets.generate();
        return new ApiKey(
                Ids.next(NOW),
                tenant.id(),
                user == null ? null : user.id(),
                name,
                KeySecrets.hash(secret),
                KeySecrets.displayed(secret),
                null,
                null,
                KeyScope.ANY,
                null,
                null,
                false,
                null,
                NOW,
                NOW);
    }

    static ApiKey fullKey(Tenant tenant, User user, String name) {
        ApiKey plain = key(tenant, user, name);
        KeyScope scope = new KeyScope(
                List.of(new Glob("gpt-*"), new Glob("a")),
                Set.of("one", "two"),
                List.of(Cidr.parse("cidrs", "10.0.0.0/8"), Cidr.parse("cidrs", "2001:db8::/32")),
                true,
                Map.of("team", "blue = \"sky\", 100%", "a", "b"),
                12L,
                new KeyCertificates(
                        List.of(
                                CertificateName.parse("certificates", "subject:cn=a \\\"b\\\",o=ü"),
                                CertificateName.parse("certificates", "uri:spiffe://acme/ß?x=[1,2]")),
                        true));
        return new ApiKey(
                plain.id(),
                plain.tenantId(),
                plain.userId(),
                name,
                plain.hash(),
                plain.prefix(),
                KeySecrets.hash("before"),
                NOW.plusSeconds(1),
                scope,
                NOW.plusSeconds(2),
                NOW.plusSeconds(3),
                true,
                NOW.plusSeconds(4),
                NOW,
                NOW.plusSeconds(5));
    }

    static ProviderAccount provider(@Nullable UUID tenantId, String name, Credential credential) {
        return new ProviderAccount(
                Ids.next(NOW),
                tenantId,
                name,
                ProviderKind.CUSTOM,
                URI.create("https://api.example.com:8443/v1?x=%2F"),
                credential,
                List.of(new Glob("m-*"), new Glob("exact")),
                -7,
                0,
                Map.of("X-Team", "a\tb", "x-other", "ü:=\""),
                "2026-01-01",
                new ProviderTimeouts(
                        Duration.ofNanos(1_500_001), Duration.ofDays(1), Duration.ofMillis(1), Duration.ofSeconds(90)),
                new ProviderEgress(
                        SecretRef.parse("file:/etc/ü/ca.pem"),
                        SecretRef.parse("file:/etc/client.pem"),
                        SecretRef.parse("file:/etc/client.key"),
                        new ProviderEgress.Proxy("proxy.test", 3128, new Credential.Sealed("v1.00000000.AAAA.LOGIN"))),
                StreamUsage.OFF,
                io.llmproxy.domain.model.Abilities.NONE,
                true,
                false,
                NOW,
                NOW.plusSeconds(1));
    }

    static ProviderAccount provider(@Nullable UUID tenantId, String name) {
        return provider(tenantId, name, new Credential.None());
    }

    static AuditEvent event(@Nullable Tenant tenant, String action, Instant at) {
        return new AuditEvent(
                Ids.next(at),
                at,
                tenant == null ? null : tenant.id(),
                tenant == null ? null : tenant.slug(),
                new Actor("unix:root", 0, Role.ADMIN, null, null, "socket"),
                action,
                "key/dev",
                Map.of("name", "a\nb", "role", "user"));
    }

    /** A record of a key that need not exist. */
    static UsageRecord usage(Tenant tenant, Instant at, @Nullable String model, Outcome outcome, int status) {
        return usage(tenant, at, model, outcome, status, Cost.UNKNOWN);
    }

    static UsageRecord usage(
            Tenant tenant, Instant at, @Nullable String model, Outcome outcome, int status, Cost cost) {
        return new UsageRecord(
                Ids.next(at),
                "client-1",
                "upstream-1",
                at,
                new UsageRecord.Caller(
                        tenant.id(), tenant.slug(), new UUID(7, 7), "u@example.com", new UUID(8, 8), "dev", null),
                new UsageRecord.Call("POST", "/v1/chat/completions", model, "up", "upstream-model"),
                new UsageRecord.Result(
                        status,
                        outcome,
                        status >= 400 ? "some_code" : null,
                        true,
                        new TokenUsage(10, 5, 4, 3, 2, 1, 6, TokenUsage.Source.PROVIDER),
                        new UsageRecord.Effort(1000, 2000, 123_456, -1, 78, 2),
                        cost,
                        List.of()));
    }

    /** What a list has, page by page. */
    static <T> List<T> all(Function<Page.Request, Page<T>> list, int limit) {
        List<T> all = new ArrayList<>();
        String cursor = null;
        do {
            Page<T> page = list.apply(new Page.Request(limit, cursor));
            all.addAll(page.items());
            cursor = page.next();
        } while (cursor != null);
        return all;
    }
}
