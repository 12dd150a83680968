package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.port.LogControl.Threshold;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LogAdminTest {
    private final AdminFixture f = new AdminFixture();
    private final LogAdmin logs = new LogAdmin(f.stores, f.log, f.clock);

    @Test
    void whoChangesALevelIsInTheAuditLog() {
        logs.set(Actor.SYSTEM, "io.llmproxy.gateway", Threshold.DEBUG);
        logs.set(Actor.SYSTEM, "all", null);
        assertThat(f.log.levels())
                .containsEntry("io.llmproxy.gateway", Threshold.DEBUG)
                .doesNotContainKey("");
        List<AuditEvent> events =
                f.stores.audit().list((UUID) null, Page.Request.first(10)).items();
        assertThat(events).extracting(AuditEvent::action).containsOnly("log.level");
        assertThat(events)
                .extracting(AuditEvent::target)
                .containsExactlyInAnyOrder("logger/io.llmproxy.gateway", "logger/all");
    }

    @Test
    void isForAdminsOfTheInstallationAlone() {
        Actor boss = AdminFixture.tenantAdmin(f.tenant("acme"));
        assertThatThrownBy(() -> logs.set(boss, "all", Threshold.DEBUG)).isInstanceOf(AdminException.class);
        assertThatThrownBy(() -> logs.log(boss)).isInstanceOf(AdminException.class);
    }

    @Test
    void refusesWhatIsNoName() {
        for (String bad : List.of("", "a b", "a..b", ".a", "a\nb", "x".repeat(201), "a;b")) {
            assertThatThrownBy(() -> logs.set(Actor.SYSTEM, bad, Threshold.INFO))
                    .as(bad)
                    .isInstanceOf(InvalidValueException.class);
        }
    }
}
