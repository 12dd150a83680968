package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.AuditStore;
import io.llmproxy.testing.FakeAudit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class AuditStoreContract {
    abstract Database database();

    private AuditStore audit() {
        return database().audit(new FakeAudit.Signer());
    }

    @Test
    void eventsAreReadBackNewestFirstPageByPage() {
        Tenant tenant = Samples.tenant(unique("audit"));
        List<AuditEvent> events = List.of(
                Samples.event(tenant, "key.create", NOW),
                Samples.event(tenant, "key.update", NOW.plusSeconds(1)),
                Samples.event(tenant, "key.delete", NOW.plusSeconds(2)));
        events.forEach(audit()::append);
        Page<AuditEvent> first = audit().list(tenant.id(), Page.Request.first(2));
        assertThat(first.items()).containsExactly(events.get(2), events.get(1));
        Page<AuditEvent> last = audit().list(tenant.id(), new Page.Request(2, first.next()));
        assertThat(last.items()).containsExactly(events.get(0));
        assertThat(last.next()).isNull();
    }

    @Test
    void withoutATenantAllAreListed() {
        AuditEvent installation = Samples.event(null, "provider.create", NOW);
        AuditEvent tenants = Samples.event(Samples.tenant(unique("audit")), "key.create", NOW);
        audit().append(installation);
        audit().append(tenants);
        assertThat(audit().list((@Nullable UUID) null, Page.Request.first(1000)).items())
                .contains(installation, tenants);
    }

    @Test
    void purgingTakesOldEventsOfTheTenantUpToAMaximum() {
        Tenant tenant = Samples.tenant(unique("audit"));
        AuditEvent other = Samples.event(Samples.tenant(unique("audit")), "x", NOW);
        audit().append(other);
        for (int i = 0; i < 4; i++) {
            audit().append(Samples.event(tenant, "a" + i, NOW.plusSeconds(i)));
        }
        assertThat(audit().purge(tenant.id(), NOW.plusSeconds(3), 2)).isEqualTo(2);
        assertThat(audit().purge(tenant.id(), NOW.plusSeconds(3), 2)).isEqualTo(1);
        assertThat(audit().list(tenant.id(), Page.Request.first(9)).items())
                .extracting(AuditEvent::action)
                .containsExactly("a3");
        assertThat(audit().list(other.tenantId(), Page.Request.first(9)).items())
                .containsExactly(other);
    }
}
