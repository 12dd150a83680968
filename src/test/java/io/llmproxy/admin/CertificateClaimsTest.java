package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.admin.AdminCommand.CreateKey;
import io.llmproxy.admin.AdminCommand.RevokeKey;
import io.llmproxy.admin.AdminCommand.RotateKey;
import io.llmproxy.admin.AdminCommand.UpdateKey;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may say that a certificate stands for a key, and how often. */
class CertificateClaimsTest {
    private final AdminFixture f = new AdminFixture();
    private Actor boss = AdminFixture.ADMIN;

    @BeforeEach
    void setUp() {
        Tenant acme = f.tenant("acme");
        f.tenant("globex");
        boss = AdminFixture.tenantAdmin(acme);
    }

    private static CreateKey key(String tenant, String name, boolean alone, String... certificates) {
        KeyCertificates wanted = new KeyCertificates(names(certificates), alone);
        KeyScope scope = new KeyScope(List.of(), Set.of(), List.of(), false, Map.of(), null, wanted);
        return new CreateKey(tenant, name, null, null, scope);
    }

    private static List<CertificateName> names(String... certificates) {
        return List.of(certificates).stream()
                .map(c -> CertificateName.parse("certificates", c))
                .toList();
    }

    private static UpdateKey update(
            String key, Change<List<CertificateName>> certificates, Change<Boolean> certificateOnly) {
        return new UpdateKey(
                "acme",
                key,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                certificates,
                certificateOnly);
    }

    private AdminException refused(Actor actor, Reason reason, AdminCommand command) {
        AdminException e = catchThrowableOfType(AdminException.class, () -> f.executor.execute(actor, command));
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
        return e;
    }

    private @Nullable Object secret(Actor actor, AdminCommand command) {
        return ((CommandResult.OfKey) f.executor.execute(actor, command)).secret();
    }

    @Test
    void aTenantsOwnAdminMayAskForMoreAndNotClaimWhatIsEverybodys() {
        assertThat(secret(boss, key("acme", "beside", false, "dns:a.test"))).isNotNull();
        refused(boss, Reason.FORBIDDEN, key("acme", "alone", true, "dns:a.test"));
        refused(boss, Reason.FORBIDDEN, update("beside", Change.none(), Change.to(true)));
        assertThat(secret(AdminFixture.ADMIN, key("acme", "alone", true, "dns:b.test")))
                .isNull();
        // no other name for one that stands either, though the key is the tenant's
        refused(boss, Reason.FORBIDDEN, update("alone", Change.to(names("dns:c.test")), Change.none()));
        f.executor.execute(boss, update("alone", Change.none(), Change.to(false)));
    }

    @Test
    void aNameStandsForOneLiveKey() {
        f.admin(key("globex", "theirs", true, "dns:a.test", "uri:x:1"));
        assertThat(refused(AdminFixture.ADMIN, Reason.CONFLICT, key("acme", "ours", true, "uri:x:1")))
                .hasMessageContaining("a key of another tenant")
                .hasMessageNotContaining("theirs");
        // beside a secret it may be asked for by anybody
        f.admin(key("acme", "beside", false, "dns:a.test"));
        refused(AdminFixture.ADMIN, Reason.CONFLICT, update("beside", Change.none(), Change.to(true)));
        f.admin(new RevokeKey("globex", "theirs", false));
        f.admin(update("beside", Change.none(), Change.to(true)));
        f.admin(update("beside", Change.to(names("dns:a.test", "dns:z.test")), Change.none()));
        assertThat(refused(AdminFixture.ADMIN, Reason.CONFLICT, key("acme", "third", true, "dns:z.test")))
                .hasMessageContaining("`beside`");
    }

    private void together(AdminCommand... commands) {
        f.executor.together(AdminFixture.ADMIN, true, batch -> {
            for (AdminCommand command : commands) {
                batch.execute(command);
            }
            return commands.length;
        });
    }

    private AdminException refusedTogether(AdminCommand... commands) {
        AdminException e = catchThrowableOfType(AdminException.class, () -> together(commands));
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(Reason.CONFLICT);
        return e;
    }

    @Test
    void aNameGoesFromOneKeyToAnotherInWhicheverOrder() {
        f.admin(key("acme", "one", true, "dns:a.test"));
        f.admin(key("acme", "two", true, "dns:b.test"));
        together(
                update("one", Change.to(names("dns:b.test")), Change.none()),
                update("two", Change.to(names("dns:a.test")), Change.none()));
        // and a key that is made before the other one gives it up
        together(key("acme", "three", true, "dns:a.test"), update("two", Change.none(), Change.to(false)));

        assertThat(refusedTogether(key("acme", "four", true, "dns:c.test"), key("acme", "five", true, "dns:c.test")))
                .hasMessageContaining("dns:c.test");
        assertThat(refusedTogether(key("acme", "four", true, "dns:b.test"))).hasMessageContaining("`one`");
        // nothing of a refused batch stays
        together(key("acme", "four", true, "dns:c.test"));
    }

    @Test
    void aKeyWithoutASecretHasNoneToRotate() {
        f.admin(key("acme", "alone", true, "dns:a.test"));
        assertThat(refused(AdminFixture.ADMIN, Reason.CONFLICT, new RotateKey("acme", "alone", null)))
                .hasMessageContaining("has no secret");
    }
}
