package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.ResetLimit;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LimitAdminTest {
    private final AdminFixture fixture = new AdminFixture();
    private Tenant acme;
    private Actor boss;

    @BeforeEach
    void setUp() {
        acme = fixture.tenant("acme");
        boss = AdminFixture.tenantAdmin(acme);
    }

    private Limit set(Actor actor, @Nullable String tenant, LimitScope scope, @Nullable String subject, long amount) {
        CommandResult result = fixture.executor.execute(
                actor,
                new SetLimit(
                        tenant,
                        scope,
                        subject,
                        LimitMetric.REQUESTS,
                        amount,
                        LimitPeriod.DAY,
                        null,
                        Limit.DEFAULT_SEGMENTS,
                        LimitMode.HARD));
        return ((CommandResult.OfLimit) result).limit().limit();
    }

    @Test
    void settingTwiceChangesTheOne() {
        Limit first = set(AdminFixture.ADMIN, "acme", LimitScope.USER, null, 5);
        Limit second = set(AdminFixture.ADMIN, "acme", LimitScope.USER, null, 9);
        assertThat(second.id()).isEqualTo(first.id());
        assertThat(fixture.memory.limits().list(acme.id())).containsExactly(second);
        assertThat(second.amount()).isEqualTo(9);
        assertThat(fixture.memory.auditEvents().getLast().action()).isEqualTo("limit.set");
    }

    @Test
    void aTenantAdminSetsLessThanAnAdminAndNotMore() {
        set(AdminFixture.ADMIN, "acme", LimitScope.USER, null, 5);
        assertThat(set(boss, "acme", LimitScope.USER, null, 5).origin()).isEqualTo(LimitOrigin.TENANT_ADMIN);
        User ann = fixture.user("acme", "ann@acme.example", Role.USER);
        assertThat(set(boss, "acme", LimitScope.USER, ann.email(), 4).amount()).isEqualTo(4);
        assertThatThrownBy(() -> set(boss, "acme", LimitScope.USER, null, 6))
                .isInstanceOf(AdminException.class)
                .hasMessageContaining("5 for user; you may set less");
        assertThatThrownBy(() -> set(boss, "acme", LimitScope.USER, ann.email(), 6))
                .isInstanceOf(AdminException.class);
    }

    @Test
    void aTenantAdminLeavesTheLimitsOfAdminsAlone() {
        Limit limit = set(AdminFixture.ADMIN, "acme", LimitScope.USER, null, 5);
        assertThatThrownBy(() -> fixture.executor.execute(boss, new DeleteLimit("acme", limit.id())))
                .hasMessageContaining("only an admin");
        assertThatThrownBy(() -> fixture.executor.execute(boss, new ResetLimit("acme", limit.id())))
                .hasMessageContaining("only an admin");
        Limit own = set(boss, "acme", LimitScope.USER, null, 3);
        fixture.executor.execute(boss, new DeleteLimit("acme", own.id()));
        assertThat(fixture.memory.limits().list(acme.id())).containsExactly(limit);
    }

    @Test
    void limitsGoWithWhomTheyAreAbout() {
        User ann = fixture.user("acme", "ann@acme.example", Role.USER);
        fixture.admin(Samples.key("acme", "night", ann.email()));
        fixture.admin(Samples.key("acme", "day", null));
        fixture.admin(new AdminCommand.CreateProvider(
                "acme", "up", ProviderKind.SIMULATED, AdminCommand.ProviderChanges.NONE));
        set(AdminFixture.ADMIN, "acme", LimitScope.KEY, "day", 1);
        set(AdminFixture.ADMIN, "acme", LimitScope.KEY, "night", 1);
        set(AdminFixture.ADMIN, "acme", LimitScope.USER, ann.id().toString(), 1);
        set(AdminFixture.ADMIN, "acme", LimitScope.PROVIDER, "up", 1);
        Limit each = set(AdminFixture.ADMIN, "acme", LimitScope.USER, null, 5);
        Limit ofAll = set(AdminFixture.ADMIN, null, LimitScope.GLOBAL, null, 50);

        fixture.admin(new AdminCommand.DeleteKey("acme", "day"));
        assertThat(subjects()).containsExactlyInAnyOrder("night", ann.email(), "up", "each");
        fixture.admin(new AdminCommand.DeleteUser("acme", ann.email(), true));
        assertThat(subjects()).containsExactlyInAnyOrder("up", "each");
        fixture.admin(new AdminCommand.DeleteProvider("acme", "up"));
        assertThat(fixture.memory.limits().list(acme.id())).containsExactly(each);
        assertThat(fixture.memory.auditEvents().getLast().details().toString()).contains("limits");
        assertThat(fixture.memory.limits().list(null)).containsExactly(ofAll);
    }

    @Test
    void whatAnAdminSetStaysWhereATenantAdminDeletesWhomItHolds() {
        User ann = fixture.user("acme", "ann@acme.example", Role.USER);
        Limit limit = set(AdminFixture.ADMIN, "acme", LimitScope.USER, ann.email(), 9);
        set(boss, "acme", LimitScope.USER, ann.email(), 5);
        fixture.executor.execute(boss, new AdminCommand.DeleteUser("acme", ann.email(), true));
        assertThat(fixture.memory.limits().list(acme.id())).containsExactly(limit);
    }

    @Test
    void aLimitStaysWhereAnotherProviderHasTheName() {
        for (String owner : new String[] {null, "acme"}) {
            fixture.admin(new AdminCommand.CreateProvider(
                    owner, "up", ProviderKind.SIMULATED, AdminCommand.ProviderChanges.NONE));
        }
        Limit limit = set(AdminFixture.ADMIN, "acme", LimitScope.PROVIDER, "up", 1);
        fixture.admin(new AdminCommand.DeleteProvider("acme", "up"));
        assertThat(fixture.memory.limits().list(acme.id())).containsExactly(limit);
        fixture.admin(new AdminCommand.DeleteProvider(null, "up"));
        assertThat(fixture.memory.limits().list(acme.id())).isEmpty();
    }

    private List<String> subjects() {
        return fixture.memory.limits().list(acme.id()).stream()
                .map(l -> Objects.requireNonNullElse(l.subject(), "each"))
                .toList();
    }

    @Test
    void anotherTenantsLimitsDoNotExist() {
        fixture.tenant("other");
        Limit limit = set(AdminFixture.ADMIN, "other", LimitScope.KEY, null, 5);
        assertThatThrownBy(() -> fixture.executor.execute(boss, new DeleteLimit("other", limit.id())))
                .hasMessageContaining("no tenant");
        assertThatThrownBy(() -> fixture.executor.execute(boss, new DeleteLimit("acme", limit.id())))
                .hasMessageContaining("no limit");
        assertThat(fixture.queries.limits(boss, "acme")).isEmpty();
    }

    @Test
    void aTenantsUsageOfAnInstallationsLimitIsItsOwnAlone() {
        Limit limit = set(AdminFixture.ADMIN, null, LimitScope.GLOBAL, null, 50);
        fixture.counters.reserve(List.of(new Charge(limit, new CounterKey(limit.id(), CounterKey.ONE), 7)));
        assertThat(fixture.queries.limits(boss, "acme")).hasSize(1);
        assertThat(fixture.queries.limitUsage(boss, "acme")).isEmpty();
        assertThat(fixture.queries.limitUsage(AdminFixture.ADMIN, null))
                .singleElement()
                .satisfies(u -> assertThat(u.used()).isEqualTo(7));
    }

    @Test
    void aProcessOfOneTenantHasNothingToSayOfTheInstallation() {
        CommandExecutor only = fixture.executor("acme");
        SetLimit global = new SetLimit(
                null, LimitScope.GLOBAL, null, LimitMetric.REQUESTS, 1, LimitPeriod.DAY, null, 6, LimitMode.HARD);
        assertThatThrownBy(() -> only.execute(AdminFixture.ADMIN, global)).hasMessageContaining("`acme` alone");
    }
}
