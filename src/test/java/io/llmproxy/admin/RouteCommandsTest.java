package io.llmproxy.admin;

import static io.llmproxy.testing.AdminFixture.ADMIN;
import static io.llmproxy.testing.AdminFixture.tenantAdmin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.AdminCommand.CreateRoute;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.DeleteRoute;
import io.llmproxy.admin.AdminCommand.RouteChanges;
import io.llmproxy.admin.AdminCommand.UpdateRoute;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.Target;
import io.llmproxy.testing.AdminFixture;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouteCommandsTest {
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;
    private Actor boss;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
        boss = tenantAdmin(acme);
        provider("acme", "a");
        provider("acme", "b");
        provider(null, "pool");
    }

    private void provider(@Nullable String tenant, String name) {
        f.executor.execute(
                ADMIN,
                new AdminCommand.CreateProvider(
                        tenant, name, ProviderKind.SIMULATED, AdminCommand.ProviderChanges.NONE));
    }

    private static RouteChanges targets(String... targets) {
        return changes(Change.to(parsed(targets)), Change.none(), MapChange.NONE, Change.none());
    }

    private static List<Target> parsed(String... targets) {
        return Arrays.stream(targets).map(t -> Target.parse("targets", t)).toList();
    }

    private static RouteChanges changes(
            Change<List<Target>> targets, Change<Glob> path, MapChange labels, Change<Integer> retries) {
        return new RouteChanges(
                path,
                MapChange.NONE,
                Change.none(),
                Change.none(),
                labels,
                Change.none(),
                Change.none(),
                Change.none(),
                targets,
                retries,
                Change.none(),
                Change.none());
    }

    private Route create(Actor actor, @Nullable String tenant, String name, String... targets) {
        CommandResult result = f.executor.execute(actor, new CreateRoute(tenant, name, targets(targets)));
        return ((CommandResult.OfRoute) result).route().route();
    }

    private Route update(String name, RouteChanges changes) {
        CommandResult result = f.executor.execute(boss, new UpdateRoute("acme", name, changes));
        return ((CommandResult.OfRoute) result).route().route();
    }

    private static AdminException.Reason reason(Runnable command) {
        try {
            command.run();
        } catch (AdminException e) {
            return e.reason();
        }
        throw new AssertionError("was not refused");
    }

    @Test
    void aTenantAdminMakesARouteWhichIsAuditedAndPublished() {
        int published = f.published.get();

        Route route = create(boss, "acme", "smart", "a/large", "pool/big=2");

        assertThat(route.choice().strategy()).isEqualTo(BalancePolicy.FAILOVER);
        assertThat(route.tenantId()).isEqualTo(acme.id());
        assertThat(f.stores.routes().find(acme.id(), "smart")).contains(route);
        assertThat(f.published.get()).isEqualTo(published + 1);
        AuditEvent event = f.memory.auditEvents().getLast();
        assertThat(event.action()).isEqualTo("route.create");
        assertThat(event.target()).isEqualTo("route/smart");
        assertThat(event.details()).isEqualTo(Map.of("targets", "[a/large, pool/big=2]"));
        assertThat(f.queries.route(boss, "acme", "smart").route()).isEqualTo(route);
        assertThat(f.queries.routes(boss, "acme", Page.Request.first(10)).items())
                .hasSize(1);
    }

    @Test
    void whatAnUpdateDoesNotNameStays() {
        create(boss, "acme", "smart", "a/large");

        Route changed = update(
                "smart",
                changes(
                        Change.none(),
                        Change.to(new Glob("/v1/*")),
                        MapChange.setting(Map.of("team", "b*")),
                        Change.to(2)));
        assertThat(changed.targets()).containsExactly(Target.parse("targets", "a/large"));
        assertThat(changed.retries()).isEqualTo(2);
        assertThat(changed.match().labels()).isEqualTo(Map.of("team", new Glob("b*")));

        Route cleared = update(
                "smart",
                changes(
                        Change.none(),
                        Change.to(null),
                        new MapChange(false, Map.of(), Set.of("team")),
                        Change.to(null)));
        assertThat(cleared.named()).isTrue();
        assertThat(cleared.retries()).isZero();
    }

    @Test
    void usersAndOtherTenantsMayNot() {
        Tenant other = f.tenant("other");
        create(boss, "acme", "smart", "a/large");
        Actor user = new Actor("u", null, Role.USER, acme.id(), Ids.random(), "test");

        assertThat(reason(() -> create(user, "acme", "x", "a/m"))).isEqualTo(AdminException.Reason.FORBIDDEN);
        assertThat(reason(() -> f.queries.routes(user, "acme", Page.Request.first(1))))
                .isEqualTo(AdminException.Reason.FORBIDDEN);
        assertThat(reason(() -> create(boss, null, "x", "pool/m"))).isEqualTo(AdminException.Reason.FORBIDDEN);
        assertThat(reason(() -> create(tenantAdmin(other), "acme", "x", "a/m")))
                .isEqualTo(AdminException.Reason.NOT_FOUND);
        assertThat(reason(() -> f.queries.route(tenantAdmin(other), "acme", "smart")))
                .isEqualTo(AdminException.Reason.NOT_FOUND);
    }

    @Test
    void routesOfAllTenantsAreAnAdminsAndLeadToSharedProviders() {
        create(ADMIN, null, "common", "pool/m");

        assertThat(f.queries.route(boss, "acme", "common").route().shared()).isTrue();
        assertThat(reason(() -> f.executor.execute(boss, new DeleteRoute("acme", "common"))))
                .isEqualTo(AdminException.Reason.FORBIDDEN);
        assertThatThrownBy(() -> create(ADMIN, null, "x", "a/m"))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("no shared provider");
    }

    @Test
    void targetsMustBeThere() {
        assertThatThrownBy(() -> create(boss, "acme", "x", "nobody/m"))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("nobody");
        assertThatThrownBy(() -> create(boss, "acme", "x", "nobody"))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("no route");
        assertThat(f.stores.routes().all(acme.id())).isEmpty();
    }

    @Test
    void aCircleIsRefusedAndNamed() {
        create(boss, "acme", "one", "a/m");
        create(boss, "acme", "two", "one");
        create(boss, "acme", "three", "two", "b/m");

        assertThatThrownBy(() -> update("one", targets("three")))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("one -> three -> two -> one");
        assertThatThrownBy(() -> update("one", targets("one"))).hasMessageContaining("one -> one");
    }

    @Test
    void aNameIsTakenOnce() {
        create(boss, "acme", "smart", "a/m");
        assertThat(reason(() -> create(boss, "acme", "smart", "b/m"))).isEqualTo(AdminException.Reason.CONFLICT);
        create(ADMIN, null, "smart", "pool/m");
    }

    @Test
    void whatOthersLeadToStays() {
        create(boss, "acme", "inner", "a/m");
        create(boss, "acme", "outer", "inner");

        assertThatThrownBy(() -> f.executor.execute(boss, new DeleteRoute("acme", "inner")))
                .isInstanceOf(AdminException.class)
                .hasMessageContaining("`outer`");
        assertThatThrownBy(() -> f.executor.execute(boss, new DeleteProvider("acme", "a")))
                .isInstanceOf(AdminException.class)
                .hasMessageContaining("the route `inner` leads there");
        f.executor.execute(boss, new DeleteRoute("acme", "outer"));
        f.executor.execute(boss, new DeleteRoute("acme", "inner"));
        f.executor.execute(boss, new DeleteProvider("acme", "a"));
        assertThat(reason(() -> f.executor.execute(boss, new DeleteRoute("acme", "inner"))))
                .isEqualTo(AdminException.Reason.NOT_FOUND);
    }

    /** A name that nobody has would have nothing taken out any more, for whomever requests go to then. */
    @Test
    void aProviderForWhichPrivateTextIsTakenOutStays() {
        f.executor.execute(ADMIN, redacted(Change.to(Set.of("a"))));
        assertThatThrownBy(() -> f.executor.execute(boss, new DeleteProvider("acme", "a")))
                .isInstanceOf(AdminException.class)
                .hasMessageContaining("redactProviders");
        f.executor.execute(ADMIN, redacted(Change.to(Set.of())));
        f.executor.execute(boss, new DeleteProvider("acme", "a"));
    }

    private static AdminCommand.UpdateTenant redacted(Change<Set<String>> providers) {
        return new AdminCommand.UpdateTenant(
                "acme",
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                AdminCommand.UsageLimitChanges.NONE,
                new AdminCommand.RedactionChanges(
                        Change.none(), Change.none(), Change.none(), providers, Change.none()),
                Change.none());
    }

    @Test
    void aRouteWithoutTargetsIsRefused() {
        assertThatThrownBy(() -> create(boss, "acme", "x"))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("targets");
        create(boss, "acme", "y", "a/m");
        assertThatThrownBy(() -> update("y", changes(Change.to(null), Change.none(), MapChange.NONE, Change.none())))
                .isInstanceOf(InvalidValueException.class);
    }
}
