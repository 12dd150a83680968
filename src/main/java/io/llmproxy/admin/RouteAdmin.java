package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.CreateRoute;
import io.llmproxy.admin.AdminCommand.DeleteRoute;
import io.llmproxy.admin.AdminCommand.RouteChanges;
import io.llmproxy.admin.AdminCommand.UpdateRoute;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.route.Target;
import io.llmproxy.port.StoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Commands about routes. */
final class RouteAdmin {
    private static final int MOST = 1000;

    private final AdminStores stores;
    private final TenantAccess access;
    private final ProviderNames names;

    RouteAdmin(AdminStores stores, TenantAccess access, ProviderNames names) {
        this.stores = stores;
        this.access = access;
        this.names = names;
    }

    Work create(Actor actor, CreateRoute c, Instant now) {
        Checks.name("name", c.name());
        List<Target> targets = c.settings().targets().value();
        if (targets == null) {
            throw new InvalidValueException("targets", "must be given");
        }
        UUID id = Ids.next(now);
        // what is wrong with the values themselves is found before the transaction
        applied(blank(id, null, c.name(), targets, now), c.settings(), now);
        return () -> {
            Tenant owner = owner(actor, c.tenant());
            Route route = applied(blank(id, id(owner), c.name(), targets, now), c.settings(), now);
            check(owner, route);
            if (stores.routes().all(id(owner)).size() >= MOST) {
                throw AdminException.conflict("there are " + MOST + " routes already, which is the most");
            }
            try {
                stores.routes().insert(route);
            } catch (StoreException.Duplicate e) {
                throw AdminException.conflict("there is a route `" + route.name() + "` already");
            }
            return done(owner, route, "create", details(c.settings()));
        };
    }

    Work update(Actor actor, UpdateRoute c, Instant now) {
        return () -> {
            Tenant owner = owner(actor, c.tenant());
            Route before = find(owner, c.route());
            Route after = applied(before, c.changes(), now);
            check(owner, after);
            if (!after.named()) {
                refuseWhereAliased(owner, before, "becomes a match");
            }
            stores.routes().update(after);
            return done(owner, after, "update", details(c.changes()).since(details(before)));
        };
    }

    Work delete(Actor actor, DeleteRoute c) {
        return () -> {
            Tenant owner = owner(actor, c.tenant());
            Route route = find(owner, c.route());
            refuseWhereAliased(owner, route, "is deleted");
            stores.routes().delete(route.id());
            return new Work.Done(
                    new CommandResult.Deleted(),
                    owner,
                    "route.delete",
                    "route/" + route.name(),
                    Details.none().since(details(route)));
        };
    }

    private @Nullable Tenant owner(Actor actor, @Nullable String slug) {
        if (slug == null) {
            access.checkInstallation(actor, "routes of all tenants");
            return null;
        }
        return access.locked(actor, slug);
    }

    private static @Nullable UUID id(@Nullable Tenant owner) {
        return owner == null ? null : owner.id();
    }

    private static Route blank(UUID id, @Nullable UUID tenantId, String name, List<Target> targets, Instant now) {
        return new Route(id, tenantId, name, RouteMatch.NONE, Choice.FAILOVER, targets, 0, false, null, now, now);
    }

    private static Route applied(Route r, RouteChanges c, Instant now) {
        RouteMatch m = r.match();
        return new Route(
                r.id(),
                r.tenantId(),
                r.name(),
                new RouteMatch(
                        c.matchPath().over(m.path()),
                        globs("matchHeaders", c.matchHeaders(), m.headers()),
                        c.matchHost().over(m.host()),
                        c.matchUser().over(m.user()),
                        globs("matchLabels", c.matchLabels(), m.labels())),
                new Choice(
                        c.strategy().over(r.choice().strategy(), BalancePolicy.FAILOVER),
                        c.sticky().over(r.choice().sticky()),
                        c.requires().over(r.choice().requires(), Set.of())),
                c.targets().over(r.targets(), List.of()),
                c.retries().over(r.retries(), 0),
                c.retryTimeouts().over(r.retryTimeouts(), false),
                c.timeout().over(r.timeout()),
                r.createdAt(),
                now);
    }

    private static Map<String, Glob> globs(String field, MapChange change, Map<String, Glob> before) {
        if (!change.named()) {
            return before;
        }
        Map<String, String> texts = new HashMap<>();
        before.forEach((name, glob) -> texts.put(name, glob.pattern()));
        Map<String, Glob> globs = new HashMap<>();
        change.over(texts).forEach((name, text) -> globs.put(name, new Glob(Checks.text(field, text, 256))));
        return globs;
    }

    /** What it leads to must be there, and must not lead back. */
    private void check(@Nullable Tenant owner, Route route) {
        for (Target target : route.targets()) {
            if (!target.alias()) {
                checkProvider(owner, target);
            }
        }
        Map<String, Route> known = known(owner);
        known.put(route.name(), route);
        follow(route, known, new ArrayList<>(), new HashSet<>());
    }

    private void checkProvider(@Nullable Tenant owner, Target target) {
        if (owner != null) {
            names.requireKnown("targets", owner, List.of(target.name()));
            ProviderNames.requireAllowed("targets", owner.settings().allowedProviders(), List.of(target.name()));
        } else if (stores.providers()
                .find(null, target.name())
                .filter(p -> p.name().equals(target.name()))
                .isEmpty()) {
            throw new InvalidValueException(
                    "targets",
                    "there is no shared provider " + Checks.quoted(target.name())
                            + "; see llmproxyctl provider list --shared");
        }
    }

    private Map<String, Route> known(@Nullable Tenant owner) {
        Map<String, Route> known = new HashMap<>();
        stores.routes().all(null).forEach(r -> known.put(r.name(), r));
        if (owner != null) {
            stores.routes().all(owner.id()).forEach(r -> known.put(r.name(), r));
        }
        return known;
    }

    /** @param done routes that are known to lead to no circle: many ways may lead to each */
    private static void follow(Route route, Map<String, Route> known, List<String> passed, Set<String> done) {
        if (done.contains(route.name())) {
            return;
        }
        if (passed.contains(route.name())) {
            passed.add(route.name());
            throw new InvalidValueException("targets", "leads round in a circle: " + String.join(" -> ", passed));
        }
        if (passed.size() == Route.LONGEST_CHAIN) {
            throw new InvalidValueException("targets", Route.tooLong(passed));
        }
        passed.add(route.name());
        for (Target target : route.targets()) {
            if (target.alias()) {
                Route other = known.get(target.name());
                if (other == null || !other.named()) {
                    throw new InvalidValueException(
                            "targets",
                            "there is no route " + Checks.quoted(target.name())
                                    + " that is a model; a provider's model is written PROVIDER/MODEL");
                }
                follow(other, known, passed, done);
            }
        }
        passed.removeLast();
        done.add(route.name());
    }

    private void refuseWhereAliased(@Nullable Tenant owner, Route route, String what) {
        List<String> users = known(owner).values().stream()
                .filter(r ->
                        r.targets().stream().anyMatch(t -> t.alias() && t.name().equals(route.name())))
                .map(Route::name)
                .sorted()
                .toList();
        if (!users.isEmpty()) {
            throw AdminException.conflict("other routes lead to `" + route.name() + "`: `"
                    + String.join("`, `", users.subList(0, Math.min(5, users.size()))) + "`; change those before it "
                    + what);
        }
    }

    private Route find(@Nullable Tenant owner, String nameOrId) {
        return stores.routes().find(id(owner), nameOrId).orElseThrow(() -> absent(owner, nameOrId));
    }

    private AdminException absent(@Nullable Tenant owner, String nameOrId) {
        return owner != null && stores.routes().find(null, nameOrId).isPresent()
                ? AdminException.forbidden("the route `" + nameOrId
                        + "` is of all tenants; an admin changes it with --shared, without a tenant")
                : AdminException.notFound("route", nameOrId);
    }

    private static Details details(Route r) {
        return new Details()
                .put("matchPath", r.match().path())
                .put(
                        "matchHeaders",
                        r.match().headers().isEmpty()
                                ? null
                                : r.match().headers().keySet())
                .put("matchHost", r.match().host())
                .put("matchUser", r.match().user())
                .put(
                        "matchLabels",
                        r.match().labels().isEmpty() ? null : r.match().labels().keySet())
                .put("strategy", r.choice().strategy().word())
                .put("sticky", word(r.choice().sticky()))
                .put(
                        "require",
                        r.choice().requires().isEmpty() ? null : r.choice().requires())
                .put("targets", r.targets())
                .put("retries", r.retries())
                .put("retryTimeouts", r.retryTimeouts())
                .put("timeout", r.timeout());
    }

    private static Details details(RouteChanges c) {
        return new Details()
                .change("matchPath", c.matchPath())
                .change("matchHeaders", c.matchHeaders())
                .change("matchHost", c.matchHost())
                .change("matchUser", c.matchUser())
                .change("matchLabels", c.matchLabels())
                .change(
                        "strategy",
                        c.strategy().named() ? Change.to(word(c.strategy().value())) : Change.none())
                .change("sticky", c.sticky().named() ? Change.to(word(c.sticky().value())) : Change.none())
                .change("require", c.requires())
                .change("targets", c.targets())
                .change("retries", c.retries())
                .change("retryTimeouts", c.retryTimeouts())
                .change("timeout", c.timeout());
    }

    private static @Nullable String word(@Nullable BalancePolicy strategy) {
        return strategy == null ? null : strategy.word();
    }

    private static @Nullable String word(@Nullable Stickiness sticky) {
        return sticky == null ? null : sticky.word();
    }

    private static Work.Done done(@Nullable Tenant owner, Route route, String verb, Details details) {
        return new Work.Done(
                new CommandResult.OfRoute(new RouteView(owner, route)),
                owner,
                "route." + verb,
                "route/" + route.name(),
                details);
    }
}
