package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.testing.AdminFixture;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may see what of the audit, and delete it. */
class AuditQueriesTest {
    private final AdminFixture f = new AdminFixture();
    private final Page.Request page = Page.Request.first(100);

    @BeforeEach
    void fill() {
        f.admin(new CreateTenant("acme", null));
        f.admin(new CreateTenant("other", null));
    }

    private Actor of(String tenant, Role role) {
        UUID id = f.stores.tenants().find(tenant).orElseThrow().id();
        return new Actor("jwt:somebody", null, role, id, new UUID(5, 5), "203.0.113.9");
    }

    private static AuditFilter filter(@Nullable String tenant) {
        return new AuditFilter(tenant, null, null, null, null, null);
    }

    @Test
    void aTenantAdminSeesItsOwnTenantsEventsAlone() {
        Actor actor = of("acme", Role.TENANT_ADMIN);
        assertThat(f.audit().events(actor, filter(null), page).items())
                .isNotEmpty()
                .extracting(AuditEvent::tenantSlug)
                .containsOnly("acme");
        assertThat(f.audit().follow(actor, filter(null), page).items())
                .extracting(AuditEvent::tenantSlug)
                .containsOnly("acme");
        refused(Reason.NOT_FOUND, () -> f.audit().events(actor, filter("other"), page));
        refused(
                Reason.NOT_FOUND,
                () -> f.audit().export(actor, new AuditQueries.Part("other", null, null, null), page));
        UUID foreign = f.stores.tenants().find("other").orElseThrow().id();
        refused(
                Reason.NOT_FOUND,
                () -> f.audit().export(actor, new AuditQueries.Part(null, foreign, null, null), page));
        refused(Reason.NOT_FOUND, () -> f.requests().search(actor, requests("other"), page));
    }

    private static RequestFilter requests(@Nullable String tenant) {
        return new RequestFilter(tenant, null, null, null, null, null, null, null, null);
    }

    @Test
    void aUserSeesNothing() {
        Actor actor = of("acme", Role.USER);
        refused(Reason.FORBIDDEN, () -> f.audit().events(actor, filter("acme"), page));
        refused(Reason.FORBIDDEN, () -> f.audit().chains(actor, page));
        refused(Reason.FORBIDDEN, () -> f.audit().key(actor));
        refused(Reason.FORBIDDEN, () -> f.requests().search(actor, requests("acme"), page));
    }

    @Test
    void onlyAnAdminDeletes() {
        refused(Reason.FORBIDDEN, () -> f.audit().purge(of("acme", Role.TENANT_ADMIN), "acme", f.now));
        int before = f.memory.auditEvents().size();
        assertThat(f.audit().purge(AdminFixture.ADMIN, "acme", f.now.minusSeconds(60)))
                .isZero();
        assertThat(f.memory.auditEvents()).hasSize(before + 1);
        assertThat(f.memory.auditEvents().getLast().action()).isEqualTo("audit.purge");
    }

    private static void refused(Reason reason, ThrowingCallable call) {
        AdminException e = catchThrowableOfType(AdminException.class, call);
        assertThat(e.reason()).isEqualTo(reason);
    }
}
