package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.route.Target;
import io.llmproxy.port.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class RouteStoreContract {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");

    abstract Database database();

    private Tenant tenant() {
        Tenant tenant = Samples.tenant(unique("routes"));
        database().tenants().insert(tenant);
        return tenant;
    }

    private static Route route(@Nullable UUID tenantId, String name) {
        return new Route(
                Ids.next(NOW),
                tenantId,
                name,
                new RouteMatch(
                        new Glob("/v1/*"),
                        Map.of("x-team", new Glob("blue*")),
                        new Glob("*.example.com"),
                        new Glob("*@example.com"),
                        Map.of("team", new Glob("\u00fc=\"*"))),
                new Choice(BalancePolicy.LEAST_LATENCY, new Stickiness("x-conversation")),
                List.of(Target.parse("targets", "a/b=c/d=3"), Target.parse("targets", "other")),
                2,
                true,
                Duration.ofMillis(1500),
                NOW,
                NOW.plusSeconds(1));
    }

    private static Route plain(Route route) {
        return new Route(
                route.id(),
                route.tenantId(),
                route.name(),
                RouteMatch.NONE,
                Choice.FAILOVER,
                List.of(Target.parse("targets", "a/*")),
                0,
                false,
                null,
                route.createdAt(),
                NOW.plusSeconds(2));
    }

    @Test
    void whatIsWrittenIsReadBackEqualAndChangedAndDeleted() {
        Tenant tenant = tenant();
        Route route = route(tenant.id(), unique("r"));
        database().routes().insert(route);
        assertThat(database().routes().find(tenant.id(), route.name())).contains(route);
        assertThat(database().routes().find(tenant.id(), route.id().toString())).contains(route);
        Route changed = plain(route);
        database().routes().update(changed);
        assertThat(database().routes().all(tenant.id())).containsExactly(changed);
        assertThat(database().state().load(tenant.slug()).routes()).contains(changed);
        database().routes().delete(route.id());
        assertThat(database().routes().find(tenant.id(), route.name())).isEmpty();
    }

    @Test
    void thoseOfAllTenantsAndOwnOnesDoNotSeeEachOther() {
        Tenant tenant = tenant();
        Tenant other = tenant();
        Route shared = route(null, unique("shared"));
        Route own = route(tenant.id(), shared.name());
        database().routes().insert(shared);
        database().routes().insert(own);
        assertThat(database().routes().find(null, shared.name())).contains(shared);
        assertThat(database().routes().find(tenant.id(), shared.name())).contains(own);
        assertThat(database().routes().find(tenant.id(), shared.id().toString()))
                .isEmpty();
        assertThat(database().routes().find(null, own.id().toString())).isEmpty();
        assertThat(database().state().load(other.slug()).routes())
                .contains(shared)
                .doesNotContain(own);
    }

    @Test
    void aNameIsTakenWithinItsOwner() {
        Tenant tenant = tenant();
        String name = unique("taken");
        database().routes().insert(route(null, name));
        database().routes().insert(route(tenant.id(), name));
        assertThatThrownBy(() -> database().routes().insert(route(null, name)))
                .isInstanceOf(StoreException.Duplicate.class);
        assertThatThrownBy(() -> database().routes().insert(route(tenant.id(), name)))
                .isInstanceOf(StoreException.Duplicate.class);
    }

    @Test
    void aListPagesOverEqualNamesOwnFirst() {
        Tenant tenant = tenant();
        String name = unique("equal");
        for (String suffix : new String[] {"a", "b"}) {
            database().routes().insert(route(null, name + suffix));
            database().routes().insert(route(tenant.id(), name + suffix));
        }
        for (int limit : new int[] {1, 3}) {
            List<String> seen = new ArrayList<>();
            @Nullable String cursor = null;
            do {
                Page<Route> page = database().routes().list(tenant.id(), true, new Page.Request(limit, cursor));
                page.items().stream()
                        .filter(r -> r.name().startsWith(name))
                        .forEach(r -> seen.add(r.name().substring(name.length()) + (r.shared() ? " shared" : " own")));
                cursor = page.next();
            } while (cursor != null);
            assertThat(seen).containsExactly("a own", "a shared", "b own", "b shared");
        }
        assertThatThrownBy(() -> database().routes().list(null, false, new Page.Request(1, "x")))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    void aTenantsRoutesGoWithIt() {
        Tenant tenant = tenant();
        Route route = route(tenant.id(), unique("r"));
        database().routes().insert(route);
        database().tenants().delete(tenant.id());
        assertThat(database().routes().find(tenant.id(), route.name())).isEmpty();
    }
}
