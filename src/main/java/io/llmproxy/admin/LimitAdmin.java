package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.ResetLimit;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.SubjectNames;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Commands about limits. */
final class LimitAdmin {
    private final AdminStores stores;
    private final TenantAccess access;
    private final ProviderNames names;

    LimitAdmin(AdminStores stores, TenantAccess access, ProviderNames names) {
        this.stores = stores;
        this.access = access;
        this.names = names;
    }

    Work set(Actor actor, SetLimit c, Instant now) {
        Limit draft = draft(actor, c, now);
        return () -> {
            Tenant owner = owner(actor, c.tenant());
            Limit said = owner == null ? draft : draft.of(owner.id());
            checkEndpoint(said);
            SubjectNames subjects = owner == null ? new SubjectNames() : known(owner, said);
            Limit limit =
                    said.subject() == null ? said : said.as(said.id(), subjects.said(said.scope(), said.subject()));
            if (limit.origin() == LimitOrigin.TENANT_ADMIN) {
                checkBelow(owner, limit, said.subject(), subjects);
            }
            return put(owner, limit, subjects, now);
        };
    }

    /**
     * Changes the limit that is there for the subject, in whatever spelling: it keeps its id, so what was used stays used, and is spelled
     * as all are now. Those that an older version made beside it, under other spellings, stay and are changed alike: one that
     * kept its amount would go on to refuse where this one was raised.
     */
    private Work.Done put(@Nullable Tenant owner, Limit limit, SubjectNames subjects, Instant now) {
        List<Limit> there = stores.limits().list(owner == null ? null : owner.id()).stream()
                .filter(other -> other.besides(limit) && Objects.equals(held(other, subjects), limit.subject()))
                .toList();
        Limit before = there.stream()
                .filter(other -> Objects.equals(other.subject(), limit.subject()))
                .findFirst()
                .orElse(there.isEmpty() ? null : there.getFirst());
        Limit put = stores.limits().put(before == null ? limit : limit.as(before.id(), limit.subject()), now);
        Details details = details(put);
        if (before != null) {
            details.since(details(before));
        }
        List<String> alike = new ArrayList<>();
        there.stream().filter(other -> !other.id().equals(put.id())).forEach(other -> {
            stores.limits().put(limit.as(other.id(), other.subject()), now);
            alike.add(other.id());
        });
        return done(new LimitView(put, owner), "set", details.put("alike", alike.isEmpty() ? null : alike));
    }

    private static @Nullable String held(Limit limit, SubjectNames subjects) {
        return limit.subject() == null ? null : subjects.held(limit.scope(), limit.subject());
    }

    private static Limit draft(Actor actor, SetLimit c, Instant now) {
        LimitPeriod period = c.period() == null ? LimitPeriod.NONE : c.period();
        return new Limit(
                Ids.next(now).toString(),
                null,
                c.scope(),
                c.subject(),
                c.metric(),
                c.amount(),
                period,
                c.algorithm() == null ? LimitAlgorithm.of(period) : c.algorithm(),
                c.segments(),
                c.mode(),
                actor.admin() ? LimitOrigin.ADMIN : LimitOrigin.TENANT_ADMIN,
                ZoneOffset.UTC);
    }

    /** What begins with no slash is no endpoint, and would hold nobody. */
    private static void checkEndpoint(Limit limit) {
        String subject = limit.subject();
        if (limit.scope() == LimitScope.ENDPOINT && subject != null && !subject.matches("[/*?].*")) {
            throw new InvalidValueException(
                    "scope",
                    "an endpoint begins with `/`, as endpoint=/v1/chat/completions; got " + Checks.quoted(subject));
        }
    }

    /**
     * By what names its subject is known.
     *
     * @throws AdminException where it is not: a limit of somebody who does not exist would hold nobody
     */
    private SubjectNames known(Tenant tenant, Limit limit) {
        SubjectNames known = new SubjectNames();
        String subject = limit.subject();
        if (limit.scope() == LimitScope.GLOBAL) {
            throw AdminException.invalid(
                    "scope: global limits are of the installation, not of a tenant: name no tenant");
        }
        if (subject != null) {
            switch (limit.scope()) {
                case USER -> {
                    User user = stores.users()
                            .find(tenant.id(), subject)
                            .orElseThrow(() -> AdminException.notFound("user", subject));
                    known.user(user.id(), user.email());
                }
                case KEY -> {
                    ApiKey key = key(tenant, subject).orElseThrow(() -> AdminException.notFound("key", subject));
                    known.key(key.id(), key.name(), key.prefix());
                }
                case PROVIDER -> names.requireKnown("scope", tenant, Set.of(subject));
                case MODEL, ENDPOINT, IP, TENANT, GLOBAL -> {}
            }
        }
        return known;
    }

    /** An id before a name that looks like it, as requests have it: whoever makes a key may name it as another one's id. */
    private Optional<ApiKey> key(Tenant tenant, String subject) {
        Optional<ApiKey> found = stores.keys().find(tenant.id(), subject);
        if (!Ids.isUuid(subject)) {
            return found;
        }
        UUID id = UUID.fromString(subject);
        return found.filter(key -> key.id().equals(id))
                .or(() -> stores.keys().all(tenant.id(), null).stream()
                        .filter(key -> key.id().equals(id))
                        .findFirst())
                .or(() -> found);
    }

    /**
     * Whoever administers a tenant may be stricter than an admin of the installation, not more generous.
     *
     * @param said the subject as it was written: what an admin wrote the same way is about the same in any case
     */
    private void checkBelow(@Nullable Tenant tenant, Limit limit, @Nullable String said, SubjectNames subjects) {
        List<Limit> above = new ArrayList<>(stores.limits().list(null));
        if (tenant != null) {
            above.addAll(stores.limits().list(tenant.id()));
        }
        for (Limit other : above) {
            String subject = other.subject();
            boolean same = other.origin() == LimitOrigin.ADMIN
                    && other.scope() == limit.scope()
                    && other.metric() == limit.metric()
                    && other.period() == limit.period()
                    && (subject == null
                            || subject.equals(said)
                            || subjects.said(other.scope(), subject).equals(limit.subject()));
            if (same && limit.amount() > other.amount()) {
                throw AdminException.forbidden("an admin of the installation set "
                        + other.metric().text(other.amount()) + " for "
                        + other.scopeText() + "; you may set less, not more");
            }
        }
    }

    /** A reset counts for whatever kind of limit, also for one of the configuration. */
    Work reset(Actor actor, ResetLimit c) {
        return () -> {
            Tenant owner = owner(actor, c.tenant());
            Limit limit = stores.live().inForce().get().get(c.limit());
            if (limit == null || !Objects.equals(limit.tenantId(), owner == null ? null : owner.id())) {
                throw AdminException.notFound("limit", c.limit());
            }
            checkOwn(actor, limit);
            stores.live().counters().reset(limit);
            return done(new LimitView(limit, owner), "reset");
        };
    }

    Work delete(Actor actor, DeleteLimit c) {
        return () -> {
            Tenant owner = owner(actor, c.tenant());
            Limit known = stores.live().inForce().get().get(c.limit());
            if (known != null && !known.origin().managed()) {
                throw AdminException.conflict(
                        known.origin() == LimitOrigin.CONFIG
                                ? "the limit " + known.id()
                                        + " is of the configuration; set its requests to 0 there to turn it off"
                                : "the limit " + known.id()
                                        + " is a setting of its tenant or key; clear it there with `update`");
            }
            Limit limit = found(owner, c.limit());
            checkOwn(actor, limit);
            stores.limits().delete(UUID.fromString(limit.id()));
            LimitView view = new LimitView(limit, owner);
            Work.Done done = done(view, "delete");
            return new Work.Done(new CommandResult.Deleted(), owner, done.action(), done.target(), done.details());
        };
    }

    private Limit found(@Nullable Tenant owner, String id) {
        return stores.limits().list(owner == null ? null : owner.id()).stream()
                .filter(l -> l.id().equals(id))
                .findFirst()
                .orElseThrow(() -> AdminException.notFound("limit", id));
    }

    private static void checkOwn(Actor actor, Limit limit) {
        if (!actor.admin() && limit.origin() != LimitOrigin.TENANT_ADMIN) {
            throw AdminException.forbidden(
                    "the limit " + limit.id() + " was set by an admin of the installation; only an admin may do that");
        }
    }

    private @Nullable Tenant owner(Actor actor, @Nullable String slug) {
        if (slug != null) {
            return access.locked(actor, slug);
        }
        access.checkInstallation(actor, "limits of the installation");
        return null;
    }

    private static Details details(Limit limit) {
        return new Details()
                .put("scope", limit.scopeText())
                .put("metric", limit.metric().word())
                .put("amount", limit.metric().text(limit.amount()))
                .put("period", limit.period().word())
                .put("algorithm", limit.algorithm().word())
                .put("mode", limit.mode().word());
    }

    private static Work.Done done(LimitView view, String verb) {
        return done(view, verb, details(view.limit()));
    }

    private static Work.Done done(LimitView view, String verb, Details details) {
        return new Work.Done(
                new CommandResult.OfLimit(view),
                view.owner(),
                "limit." + verb,
                "limit/" + view.limit().id(),
                details);
    }
}
