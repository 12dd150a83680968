package io.llmproxy.admin;

import static io.llmproxy.testing.AdminFixture.ADMIN;
import static io.llmproxy.testing.AdminFixture.tenantAdmin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.testing.AdminFixture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Several commands as one: each by its own rules, all of them or none. */
class CommandBatchTest {
    private final AdminFixture f = new AdminFixture();
    private final Tenant acme = f.tenant("acme");
    private final Tenant globex = f.tenant("globex");

    private Object run(Actor actor, boolean keep, AdminCommand... commands) {
        return f.executor.together(actor, keep, batch -> {
            for (AdminCommand command : commands) {
                batch.execute(command);
            }
            return commands.length;
        });
    }

    private Reason refused(Actor actor, AdminCommand... commands) {
        AdminException e = catchThrowableOfType(AdminException.class, () -> run(actor, true, commands));
        assertThat(e).isNotNull();
        return e.reason();
    }

    private static CreateUser user(String tenant, String name) {
        return new CreateUser(tenant, name + "@example.org", null, Role.USER);
    }

    @Test
    void eachCommandIsAuditedAndAllArePublishedOnce() {
        int before = f.published.get();
        assertThat(run(ADMIN, true, user("acme", "a"), user("globex", "b"))).isEqualTo(2);
        assertThat(f.published.get() - before).isEqualTo(1);
        assertThat(f.memory.auditEvents())
                .hasSize(4)
                .last()
                .satisfies(event -> assertThat(event.target()).isEqualTo("user/b@example.org"));
        assertThat(f.memory.currentRevision()).isEqualTo(3);
    }

    @Test
    void oneThatIsRefusedTakesTheOthersWithIt() {
        int before = f.published.get();
        assertThat(refused(ADMIN, user("acme", "a"), new CreateTenant("acme", null)))
                .isEqualTo(Reason.CONFLICT);
        assertThat(f.memory.users().count(acme.id())).isZero();
        assertThat(f.memory.auditEvents()).hasSize(2);
        assertThat(f.memory.currentRevision()).isEqualTo(2);
        assertThat(f.published).hasValue(before);
    }

    @Test
    void whatIsNotToBeKeptIsCheckedAndUndone() {
        assertThat(run(ADMIN, false, user("acme", "a"))).isEqualTo(1);
        assertThat(f.memory.users().count(acme.id())).isZero();
        assertThat(f.memory.auditEvents()).hasSize(2);
        assertThat(f.memory.currentRevision()).isEqualTo(2);
    }

    @Test
    void aBatchOfNothingChangesNothing() {
        assertThat(run(ADMIN, true)).isEqualTo(0);
        assertThat(f.memory.currentRevision()).isEqualTo(2);
    }

    @Test
    void theRulesOfEachCommandHold() {
        Actor boss = tenantAdmin(acme);
        assertThat(refused(boss, user("acme", "a"), new CreateTenant("third", null)))
                .isEqualTo(Reason.FORBIDDEN);
        assertThat(refused(boss, user("globex", "a"))).isEqualTo(Reason.NOT_FOUND);
        assertThat(f.memory.users().count(acme.id())).isZero();
    }

    @Test
    void whatMayBeDeclaredIsWhatIsReached() {
        assertThat(state(ADMIN, null).state().tenants()).hasSize(2);
        assertThat(state(ADMIN, null).shared()).isTrue();
        assertThat(state(ADMIN, "acme").shared()).isFalse();
        assertThat(state(tenantAdmin(acme), null).tenant()).isEqualTo("acme");
        assertThat(stateRefused(tenantAdmin(acme), "globex")).isEqualTo(Reason.NOT_FOUND);
        Actor plain = new Actor("u", null, Role.USER, globex.id(), null, "tcp");
        assertThat(stateRefused(plain, null)).isEqualTo(Reason.FORBIDDEN);
        assertThat(stateRefused(ADMIN, "nobody")).isEqualTo(Reason.NOT_FOUND);
    }

    private DeclarableState state(Actor actor, @Nullable String tenant) {
        return f.queries.declarable(actor, tenant);
    }

    private Reason stateRefused(Actor actor, @Nullable String tenant) {
        AdminException e = catchThrowableOfType(AdminException.class, () -> state(actor, tenant));
        assertThat(e).isNotNull();
        return e.reason();
    }
}
