package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.admin.AdminCommand.UpdateProvider;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.Abilities;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.StoreException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Commands about providers. */
final class ProviderAdmin {
    /** Fields that belong to the connection or to the credential, and so not to an operator's list of headers. */
    private static final Set<String> RESERVED_HEADERS = Set.of(
            "host",
            "connection",
            "content-length",
            "transfer-encoding",
            "te",
            "trailer",
            "upgrade",
            "keep-alive",
            "expect",
            "via",
            "proxy-connection",
            "proxy-authorization",
            "authorization",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "cookie");

    /** Those of them that may be named where the value only says where the credential stands. */
    private static final Set<String> CREDENTIAL_HEADERS =
            Set.of("authorization", "x-api-key", "api-key", "x-goog-api-key");

    private static final String PLACE_OF_CREDENTIAL = "{credential}";

    private final AdminStores stores;
    private final TenantAccess access;
    private final ProviderNames names;
    private final ProviderFactory factory;
    private final CredentialKeeper credentials;
    private final EgressKeeper egress;

    ProviderAdmin(
            AdminStores stores,
            TenantAccess access,
            ProviderNames names,
            ProviderFactory factory,
            CredentialKeeper credentials,
            EgressKeeper egress) {
        this.stores = stores;
        this.access = access;
        this.names = names;
        this.factory = factory;
        this.credentials = credentials;
        this.egress = egress;
    }

    Work create(Actor actor, CreateProvider c, Instant now) {
        check(c.settings());
        URI baseUrl = baseUrl(
                c.kind(),
                c.settings().baseUrl().value(),
                new ProviderOptions(c.settings().options().set()));
        UUID id = Ids.next(now);
        return () -> {
            Tenant owner = access.owner(actor, c.tenant());
            ProviderAccount account = applied(blank(id, owner, c, baseUrl, now), c.settings(), actor.admin(), now);
            factory.check(account);
            try {
                stores.providers().insert(account);
            } catch (StoreException.Duplicate e) {
                throw AdminException.conflict("there is a provider `" + account.name() + "` already");
            }
            Details details = details(new Details().put("type", c.kind().word()), c.settings())
                    .put("baseUrl", account.baseUrl());
            return done(actor, owner, account, "create", details);
        };
    }

    Work update(Actor actor, UpdateProvider c, Instant now) {
        check(c.changes());
        return () -> {
            Tenant owner = access.owner(actor, c.tenant());
            ProviderAccount before = find(owner, c.provider());
            // options tell where requests and credentials go, as the base URL does
            boolean moved =
                    c.changes().baseUrl().named() || c.changes().options().named();
            if (moved && !actor.admin()) {
                refuseToCarrySecretsElsewhere(before, c.changes());
            }
            ProviderAccount after = applied(before, c.changes(), moved ? actor.admin() : before.privateAllowed(), now);
            if (moved) {
                factory.check(after);
            }
            stores.providers().update(after);
            return done(
                    actor,
                    owner,
                    after,
                    "update",
                    details(new Details(), c.changes()).since(details(before)));
        };
    }

    Work enable(Actor actor, @Nullable String tenant, String provider, boolean enabled, Instant now) {
        return () -> {
            Tenant owner = access.owner(actor, tenant);
            ProviderAccount before = find(owner, provider);
            ProviderAccount after =
                    rebuilt(before, ProviderChanges.NONE, kept(before), before.privateAllowed(), enabled, now);
            stores.providers().update(after);
            Details details = new Details().changed("enabled", before.enabled(), enabled);
            return done(actor, owner, after, enabled ? "enable" : "disable", details);
        };
    }

    Work delete(Actor actor, DeleteProvider c) {
        return () -> {
            Tenant owner = access.owner(actor, c.tenant());
            ProviderAccount account = find(owner, c.provider());
            List<String> uses = names.uses(owner, account.name());
            if (!uses.isEmpty()) {
                throw AdminException.conflict(
                        "the provider `" + account.name() + "` is in use: " + some(uses) + "; change that first");
            }
            stores.providers().delete(account.id());
            SubjectLimits limits = new SubjectLimits(stores, actor);
            (owner == null ? access.all() : List.of(owner)).forEach(tenant -> limits.without(tenant, account));
            return new Work.Done(
                    new CommandResult.Deleted(),
                    owner,
                    "provider.delete",
                    "provider/" + account.name(),
                    Details.none().since(details(account)).put("limits", limits.dropped()));
        };
    }

    private void check(ProviderChanges changes) {
        credentials.check(changes);
        egress.check(changes.egress());
        changes.headers().set().forEach((header, value) -> {
            String name = header.toLowerCase(Locale.ROOT);
            boolean placed = CREDENTIAL_HEADERS.contains(name) && value.contains(PLACE_OF_CREDENTIAL);
            if (RESERVED_HEADERS.contains(name) && !placed) {
                throw new InvalidValueException(
                        "headers",
                        "`" + header + "` is not for a fixed header: a credential is given by credentialRef or apiKey,"
                                + " the rest is the connection's own");
            }
        });
    }

    private static URI baseUrl(ProviderKind kind, @Nullable URI given, ProviderOptions options) {
        if (given != null) {
            return given;
        }
        String standard = options.baseUrl(kind);
        if (standard == null) {
            throw new InvalidValueException(
                    "baseUrl", "a provider of type " + kind.word() + " needs one, as " + kind.exampleBaseUrl());
        }
        return URI.create(standard);
    }

    /** Only {@code custom} has templates: elsewhere a brace is a brace, and would be sent. */
    private static void checkTemplates(ProviderAccount account) {
        boolean placed = account.headers().values().stream().anyMatch(v -> v.contains(PLACE_OF_CREDENTIAL));
        if (placed && account.kind() != ProviderKind.CUSTOM) {
            throw new InvalidValueException(
                    "headers",
                    PLACE_OF_CREDENTIAL + " is for type custom; a provider of type "
                            + account.kind().word() + " has its own place for the credential");
        }
    }

    private static ProviderAccount blank(UUID id, @Nullable Tenant owner, CreateProvider c, URI baseUrl, Instant now) {
        return new ProviderAccount(
                id,
                owner == null ? null : owner.id(),
                c.name(),
                c.kind(),
                baseUrl,
                new Credential.None(),
                List.of(),
                0,
                1,
                Map.of(),
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                Abilities.NONE,
                false,
                true,
                now,
                now,
                ProviderOptions.NONE);
    }

    private ProviderAccount applied(ProviderAccount p, ProviderChanges c, boolean privateAllowed, Instant now) {
        Credential credential = credentials.over(p.credential(), c, p.tenantId(), p.id());
        CredentialKeeper.require(p.kind(), credential);
        ProviderEgress way = egress.over(p.egress(), c.egress(), p.tenantId(), p.id());
        ProviderAccount after = rebuilt(p, c, new Sealings(credential, way), privateAllowed, p.enabled(), now);
        after.options().check(p.kind());
        checkTemplates(after);
        return after;
    }

    /** The parts of an account that may hold sealed values. */
    private record Sealings(Credential credential, ProviderEgress egress) {}

    private static Sealings kept(ProviderAccount p) {
        return new Sealings(p.credential(), p.egress());
    }

    private static ProviderAccount rebuilt(
            ProviderAccount p,
            ProviderChanges c,
            Sealings sealings,
            boolean privateAllowed,
            boolean enabled,
            Instant now) {
        ProviderOptions options = c.options().named()
                ? new ProviderOptions(c.options().over(p.options().values()))
                : p.options();
        return new ProviderAccount(
                p.id(),
                p.tenantId(),
                p.name(),
                p.kind(),
                c.baseUrl().named() ? baseUrl(p.kind(), c.baseUrl().value(), options) : p.baseUrl(),
                sealings.credential(),
                c.models().over(p.models(), List.of()),
                c.priority().over(p.priority(), 0),
                c.weight().over(p.weight(), 1),
                c.headers().over(p.headers()),
                c.apiVersion().over(p.apiVersion()),
                timeouts(p.timeouts(), c),
                sealings.egress(),
                c.streamUsage().over(p.streamUsage(), StreamUsage.AUTO),
                abilities(p.abilities(), c.abilities()),
                privateAllowed,
                enabled,
                p.createdAt(),
                now,
                options);
    }

    private static Abilities abilities(Abilities before, MapChange change) {
        return change.named() ? new Abilities(change.over(before.texts())) : before;
    }

    private static ProviderTimeouts timeouts(ProviderTimeouts old, ProviderChanges c) {
        ProviderTimeouts standard = ProviderTimeouts.DEFAULT;
        return new ProviderTimeouts(
                c.connectTimeout().over(old.connect(), standard.connect()),
                c.firstByteTimeout().over(old.firstByte(), standard.firstByte()),
                c.idleTimeout().over(old.idle(), standard.idle()),
                c.timeout().over(old.total()));
    }

    /**
     * A tenant-admin who could point an account elsewhere and keep its credential or headers would receive at the new
     * address what an admin entered for the old one.
     */
    private static void refuseToCarrySecretsElsewhere(ProviderAccount before, ProviderChanges c) {
        boolean credential =
                !(before.credential() instanceof Credential.None) && !c.apiKey().named();
        boolean headers = !before.headers().keySet().stream().allMatch(c.headers()::touches);
        if (credential || headers) {
            throw AdminException.forbidden("a new base URL (or options) for `" + before.name()
                    + "` needs its " + (credential ? "credential (apiKey)" : "headers")
                    + " given anew in the same update; only an admin of the installation may keep them");
        }
    }

    private ProviderAccount find(@Nullable Tenant owner, String nameOrId) {
        return stores.providers()
                .find(owner == null ? null : owner.id(), nameOrId)
                .orElseThrow(() -> absent(owner, nameOrId));
    }

    private AdminException absent(@Nullable Tenant owner, String nameOrId) {
        boolean shared = owner != null && names.visible(owner, nameOrId).isPresent();
        return shared
                ? AdminException.forbidden("the provider `" + nameOrId
                        + "` is shared by all tenants; an admin changes it with --shared, without a tenant")
                : AdminException.notFound("provider", nameOrId);
    }

    private static String some(List<String> uses) {
        String first = uses.stream().limit(5).collect(Collectors.joining("; "));
        return uses.size() <= 5 ? first : first + "; and " + (uses.size() - 5) + " more";
    }

    /** Names of headers and of secrets' places, and no more of either. */
    private static Details details(ProviderAccount a) {
        return new Details()
                .put("type", a.kind().word())
                .put("baseUrl", a.baseUrl())
                .put("apiKey", a.credential() instanceof Credential.None ? null : Details.SECRET)
                .put("models", a.models().isEmpty() ? null : a.models())
                .put("priority", a.priority())
                .put("weight", a.weight())
                .put("headers", a.headers().isEmpty() ? null : a.headers().keySet())
                .put("apiVersion", a.apiVersion())
                .put("connectTimeout", a.timeouts().connect())
                .put("firstByteTimeout", a.timeouts().firstByte())
                .put("idleTimeout", a.timeouts().idle())
                .put("timeout", a.timeouts().total())
                .put("streamUsage", a.streamUsage());
    }

    private static Details details(Details details, ProviderChanges c) {
        return details.change("baseUrl", c.baseUrl())
                .change("credentialRef", c.credentialRef())
                .put("apiKey", !c.apiKey().named() ? null : c.apiKey().value() == null ? "(cleared)" : "(sealed)")
                .put("addCredentialRef", c.credentials().addRef())
                .put("addApiKey", c.credentials().addKey() == null ? null : "(sealed)")
                .put(
                        "removeCredentials",
                        c.credentials().remove().isEmpty()
                                ? null
                                : c.credentials().remove())
                .change("models", c.models())
                .change("priority", c.priority())
                .change("weight", c.weight())
                .change("headers", c.headers())
                .change("apiVersion", c.apiVersion())
                .change("connectTimeout", c.connectTimeout())
                .change("firstByteTimeout", c.firstByteTimeout())
                .change("idleTimeout", c.idleTimeout())
                .change("timeout", c.timeout())
                .change("caFile", c.egress().caFile())
                .change("clientCertificateFile", c.egress().clientCertificateFile())
                .change("clientKeyFile", c.egress().clientKeyFile())
                .change("proxy", c.egress().proxy())
                .change("streamUsage", c.streamUsage())
                .change("abilities", c.abilities())
                .change("options", c.options());
    }

    private static Work.Done done(
            Actor actor, @Nullable Tenant owner, ProviderAccount account, String verb, Details details) {
        return new Work.Done(
                new CommandResult.OfProvider(new ProviderView(owner, account, actor.admin())),
                owner,
                "provider." + verb,
                "provider/" + account.name(),
                details);
    }
}
