package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.CreateKey;
import io.llmproxy.admin.AdminCommand.DeleteKey;
import io.llmproxy.admin.AdminCommand.KnownSecret;
import io.llmproxy.admin.AdminCommand.RevokeAllKeys;
import io.llmproxy.admin.AdminCommand.RevokeKey;
import io.llmproxy.admin.AdminCommand.RotateKey;
import io.llmproxy.admin.AdminCommand.UpdateKey;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.StoreException;
import io.llmproxy.runtime.KeySecrets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Commands about API keys. A caller of the role user reaches its own keys alone; all others are not there for it. */
final class KeyAdmin {
    private static final Duration DEFAULT_GRACE = Duration.ofHours(24);
    private static final Duration LONGEST_GRACE = Duration.ofDays(365);
    private final AdminStores stores;
    private final TenantAccess access;
    private final ProviderNames names;
    private final CertificateClaims claims;

    KeyAdmin(AdminStores stores, TenantAccess access, ProviderNames names, CertificateClaims claims) {
        this.stores = stores;
        this.access = access;
        this.names = names;
        this.claims = claims;
    }

    Work create(Actor actor, CreateKey c, Instant now) {
        Instant expiry = Expiry.parse(c.expires(), now);
        String secret = c.secret() == null ? KeySecrets.generate() : "";
        KnownSecret known = c.secret() == null
                ? new KnownSecret(KeySecrets.hash(secret), KeySecrets.displayed(secret))
                : c.secret();
        return () -> {
            Tenant tenant = access.locked(actor, c.tenant());
            User user = owner(actor, tenant, c.user());
            TenantAccess.checkReach(actor, user);
            checkProviders(tenant, c.scope());
            checkRoom(tenant);
            ApiKey key = fresh(tenant, user, c, known, expiry, now);
            claims.check(actor, key, KeyCertificates.NONE);
            try {
                stores.keys().insert(key);
            } catch (StoreException.Duplicate e) {
                throw AdminException.conflict(
                        "the tenant `" + tenant.slug() + "` has a key `" + key.name() + "` already");
            }
            Details details = new Details()
                    .put("prefix", key.prefix())
                    .put("user", user == null ? null : user.email())
                    .put("expiresAt", expiry)
                    .put("secret", c.secret() == null ? null : "known by its hash");
            scope(details, c.scope());
            // a secret that is not accepted is nobody's business
            boolean silent = secret.isEmpty() || c.scope().certificates().alone();
            return done(new KeyView(tenant, user, key), silent ? null : new Secret(secret), "create", details);
        };
    }

    Work update(Actor actor, UpdateKey c, Instant now) {
        Instant expiry = Expiry.parse(c.expires().value(), now);
        return () -> {
            KeyView found = reachable(actor, c.tenant(), c.key());
            ApiKey before = found.key();
            refuseRevoked(before);
            KeyScope scope = scope(before.scope(), c);
            if (c.providers().named()) {
                checkProviders(found.tenant(), scope);
            }
            ApiKey after = before.with(scope, c.expires().named() ? expiry : before.expiresAt(), now);
            claims.check(actor, after, before.scope().certificates());
            stores.keys().update(after);
            return done(new KeyView(found.tenant(), found.user(), after), null, "update", details(before, c));
        };
    }

    Work revoke(Actor actor, RevokeKey c, Instant now) {
        return () -> {
            KeyView found = reachable(actor, c.tenant(), c.key());
            ApiKey after = found.key().revoke(c.now(), now);
            stores.keys().update(after);
            Details details = new Details().put("now", c.now() ? true : null);
            return done(new KeyView(found.tenant(), found.user(), after), null, "revoke", details);
        };
    }

    Work rotate(Actor actor, RotateKey c, Instant now) {
        Duration grace = c.grace() == null ? DEFAULT_GRACE : Durations.parse("grace", c.grace());
        if (grace.compareTo(LONGEST_GRACE) > 0) {
            throw new InvalidValueException("grace", "must be at most 365d");
        }
        String secret = KeySecrets.generate();
        return () -> {
            KeyView found = reachable(actor, c.tenant(), c.key());
            TenantAccess.checkReach(actor, found.user());
            refuseDead(found.key(), now);
            refuseWithoutSecret(found.key());
            ApiKey after =
                    found.key().rotate(KeySecrets.hash(secret), KeySecrets.displayed(secret), now.plus(grace), now);
            stores.keys().update(after);
            Details details = new Details()
                    .put("grace", Durations.format(grace))
                    .changed("prefix", found.key().prefix(), after.prefix());
            return done(new KeyView(found.tenant(), found.user(), after), new Secret(secret), "rotate", details);
        };
    }

    Work delete(Actor actor, DeleteKey c) {
        return () -> {
            KeyView found = reachable(actor, c.tenant(), c.key());
            stores.keys().delete(found.key().id());
            SubjectLimits limits = new SubjectLimits(stores, actor);
            limits.without(found.tenant(), found.key());
            return new Work.Done(
                    new CommandResult.Deleted(),
                    found.tenant(),
                    "key.delete",
                    "key/" + found.key().name(),
                    new Details().old("prefix", found.key().prefix()).put("limits", limits.dropped()));
        };
    }

    Work revokeAll(Actor actor, RevokeAllKeys c, Instant now) {
        return () -> {
            Tenant tenant = access.locked(actor, c.tenant());
            User user = owner(actor, tenant, c.user());
            UUID userId = user == null ? null : user.id();
            List<ApiKey> live = stores.keys().all(tenant.id(), userId).stream()
                    .filter(k -> !k.revoked() || c.now() && !k.cutRunning())
                    .toList();
            live.forEach(k -> stores.keys().update(k.revoke(c.now(), now)));
            int revoked = (int) live.stream().filter(k -> !k.revoked()).count();
            Details details = new Details()
                    .put("revoked", revoked)
                    .put("user", user == null ? null : user.email())
                    .put("now", c.now() ? true : null);
            return new Work.Done(
                    new CommandResult.Revoked(revoked), tenant, "key.revoke-all", "tenant/" + c.tenant(), details);
        };
    }

    private static ApiKey fresh(
            Tenant tenant,
            @Nullable User user,
            CreateKey c,
            KnownSecret secret,
            @Nullable Instant expiry,
            Instant now) {
        return new ApiKey(
                Ids.next(now),
                tenant.id(),
                user == null ? null : user.id(),
                c.name(),
                secret.hash(),
                secret.prefix(),
                null,
                null,
                c.scope(),
                expiry,
                null,
                false,
                null,
                now,
                now);
    }

    /** The user that a command names; for a caller of the role user itself, whether named or not. */
    private @Nullable User owner(Actor actor, Tenant tenant, @Nullable String named) {
        if (actor.role() != Role.USER) {
            return named == null ? null : user(tenant, named);
        }
        User own = user(tenant, String.valueOf(actor.userId()));
        if (named != null
                && !named.equalsIgnoreCase(own.email())
                && !named.equals(own.id().toString())) {
            throw AdminException.forbidden("the role user may do that with its own keys alone");
        }
        return own;
    }

    private User user(Tenant tenant, String emailOrId) {
        return stores.users()
                .find(tenant.id(), emailOrId)
                .orElseThrow(() -> AdminException.notFound("user", emailOrId));
    }

    private KeyView reachable(Actor actor, String slug, String nameOrId) {
        Tenant tenant = access.locked(actor, slug);
        ApiKey key = stores.keys()
                .find(tenant.id(), nameOrId)
                .filter(k -> ownOrAny(actor, k))
                .orElseThrow(() -> AdminException.notFound("key", nameOrId));
        UUID userId = key.userId();
        User user = userId == null
                ? null
                : stores.users().find(tenant.id(), userId.toString()).orElse(null);
        return new KeyView(tenant, user, key);
    }

    static boolean ownOrAny(Actor actor, ApiKey key) {
        return actor.role() != Role.USER
                || actor.userId() != null && actor.userId().equals(key.userId());
    }

    private void checkProviders(Tenant tenant, KeyScope scope) {
        names.requireKnown("providers", tenant, scope.providers());
        ProviderNames.requireAllowed("providers", tenant.settings().allowedProviders(), scope.providers());
    }

    private void checkRoom(Tenant tenant) {
        Integer max = tenant.settings().maxApiKeys();
        if (max != null && stores.keys().countLive(tenant.id()) >= max) {
            throw AdminException.conflict(
                    "the tenant `" + tenant.slug() + "` is at its maximum of " + max + (max == 1 ? " key" : " keys")
                            + "; revoke one, or have an admin raise it with llmproxyctl tenant update --max-api-keys");
        }
    }

    private static void refuseRevoked(ApiKey key) {
        if (key.revoked()) {
            throw AdminException.conflict("the key `" + key.name() + "` is revoked; create a new one");
        }
    }

    private static void refuseWithoutSecret(ApiKey key) {
        if (key.scope().certificates().alone()) {
            throw AdminException.conflict("the key `" + key.name() + "` has no secret: certificates stand for it;"
                    + " change those with llmproxyctl key update --certificate-fingerprint and the like");
        }
    }

    private static void refuseDead(ApiKey key, Instant now) {
        refuseRevoked(key);
        if (key.expired(now)) {
            throw AdminException.conflict("the key `" + key.name()
                    + "` has expired; give it a new expiry with llmproxyctl key update --expires, or create a new one");
        }
    }

    private static KeyScope scope(KeyScope before, UpdateKey c) {
        return new KeyScope(
                c.models().over(before.models(), List.of()),
                c.providers().over(before.providers(), Set.of()),
                c.cidrs().over(before.cidrs(), List.of()),
                c.passthrough().over(before.passthrough(), false),
                c.labels().over(before.labels()),
                c.maxRequests().over(before.maxRequests()),
                new KeyCertificates(
                        c.certificates().over(before.certificates().names(), List.of()),
                        c.certificateOnly().over(before.certificates().alone(), false)));
    }

    private static Details scope(Details details, KeyScope scope) {
        return details.put("models", scope.models().isEmpty() ? null : scope.models())
                .put("providers", scope.providers().isEmpty() ? null : scope.providers())
                .put("cidrs", scope.cidrs().isEmpty() ? null : scope.cidrs())
                .put("passthrough", scope.passthrough() ? true : null)
                .put("labels", scope.labels().isEmpty() ? null : scope.labels())
                .put("maxRequests", scope.maxRequests())
                .put(
                        "certificates",
                        scope.certificates().needed() ? scope.certificates().names() : null)
                .put("certificateOnly", scope.certificates().alone() ? true : null);
    }

    private static Details details(ApiKey before, UpdateKey c) {
        KeyScope old = before.scope();
        return new Details()
                .change("expires", c.expires(), before.expiresAt())
                .change("models", c.models(), old.models())
                .change("providers", c.providers(), old.providers())
                .change("cidrs", c.cidrs(), old.cidrs())
                .change("passthrough", c.passthrough(), old.passthrough())
                .old("labels", c.labels().named() ? old.labels() : null)
                .change("labels", c.labels())
                .change("maxRequests", c.maxRequests(), old.maxRequests())
                .change("certificates", c.certificates(), old.certificates().names())
                .change(
                        "certificateOnly",
                        c.certificateOnly(),
                        old.certificates().alone());
    }

    private static Work.Done done(KeyView key, @Nullable Secret secret, String verb, Details details) {
        return new Work.Done(
                new CommandResult.OfKey(key, secret),
                key.tenant(),
                "key." + verb,
                "key/" + key.key().name(),
                details);
    }
}
