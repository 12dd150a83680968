package io.llmproxy.admin;

import static io.llmproxy.testing.AdminFixture.tenantAdmin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.admin.AdminCommand.DeleteKey;
import io.llmproxy.admin.AdminCommand.DeleteTenant;
import io.llmproxy.admin.AdminCommand.DeleteUser;
import io.llmproxy.admin.AdminCommand.RevokeAllKeys;
import io.llmproxy.admin.AdminCommand.RevokeKey;
import io.llmproxy.admin.AdminCommand.RotateKey;
import io.llmproxy.admin.AdminCommand.SuspendTenant;
import io.llmproxy.admin.AdminCommand.UpdateUser;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.testing.AdminFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CommandExecutorTest {
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
    }

    @Test
    void aTenantIsNamedByItsSlugUnlessItGetsAName() {
        assertThat(acme.name()).isEqualTo("acme");
        assertThat(acme.status()).isEqualTo(Tenant.Status.ACTIVE);
    }

    @Test
    void aTakenSlugIsAConflict() {
        refused(Reason.CONFLICT, new CreateTenant("acme", null));
    }

    @Test
    void aSlugThatIsNoneIsInvalid() {
        assertThatThrownBy(() -> f.admin(new CreateTenant("Acme!", null))).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void everyChangeIsAuditedAndPublishedAndRaisesTheRevision() {
        f.admin(new SuspendTenant("acme", true));
        AuditEvent event = f.memory.auditEvents().getLast();
        assertThat(event.action()).isEqualTo("tenant.suspend");
        assertThat(event.target()).isEqualTo("tenant/acme");
        assertThat(event.tenantSlug()).isEqualTo("acme");
        assertThat(event.actor()).isEqualTo(AdminFixture.ADMIN);
        assertThat(event.details()).containsEntry("now", "true");
        assertThat(f.published).hasValue(2);
        assertThat(f.memory.currentRevision()).isEqualTo(2);
    }

    @Test
    void aRefusedCommandLeavesNothing() {
        refused(Reason.NOT_FOUND, new SuspendTenant("nobody", false));
        refused(Reason.CONFLICT, new CreateTenant("acme", null));
        assertThat(f.memory.auditEvents()).hasSize(1);
        assertThat(f.published).hasValue(1);
        assertThat(f.memory.currentRevision()).isEqualTo(1);
    }

    @Test
    void aDatabaseThatIsAwayIsUnavailableAndItsCauseIsNotShown() {
        f.memory.goAway();
        AdminException e = refused(Reason.UNAVAILABLE, new CreateTenant("beta", null));
        assertThat(e).hasMessageContaining("database does not answer").hasMessageNotContaining("secret-host");
    }

    @Test
    void aPublicationThatFailsDoesNotUndoTheChange() {
        CommandExecutor failing = new CommandExecutor(
                f.stores,
                f.providers,
                new io.llmproxy.port.SecretSource() {
                    @Override
                    public void check(io.llmproxy.domain.secret.SecretRef ref) {}

                    @Override
                    public java.util.Optional<Secret> resolve(io.llmproxy.domain.secret.SecretRef ref) {
                        return java.util.Optional.empty();
                    }
                },
                new io.llmproxy.port.SecretSealer() {
                    @Override
                    public io.llmproxy.domain.secret.Credential.Sealed seal(Secret secret, String context) {
                        throw new AssertionError();
                    }

                    @Override
                    public Secret open(io.llmproxy.domain.secret.Credential.Sealed sealed, String context) {
                        throw new AssertionError();
                    }
                },
                null,
                () -> {
                    throw new IllegalStateException("cannot build");
                },
                f.clock);
        failing.execute(AdminFixture.ADMIN, new CreateTenant("beta", null));
        assertThat(f.memory.tenants().find("beta")).isPresent();
    }

    @Test
    void aKeyIsShownOnceAndKeptAsAHash() {
        CommandResult.OfKey made = key("dev");
        Secret secret = secret(made);
        assertThat(KeySecrets.wellFormed(secret.reveal())).isTrue();
        assertThat(made.key().key().hash()).isEqualTo(KeySecrets.hash(secret.reveal()));
        assertThat(f.memory.auditEvents().toString())
                .doesNotContain(secret.reveal())
                .contains("prefix=" + made.key().key().prefix());
        refused(Reason.CONFLICT, Samples.key("acme", "dev", null));
    }

    @Test
    void anExpiryIsADurationOrAnInstantInTheFuture() {
        ApiKey byDuration = ((CommandResult.OfKey) f.admin(Samples.expiring("acme", "a", "30d")))
                .key()
                .key();
        ApiKey byInstant = ((CommandResult.OfKey) f.admin(Samples.expiring("acme", "b", "2027-01-31T00:00:00+01:00")))
                .key()
                .key();
        assertThat(byDuration.expiresAt()).isEqualTo(f.now.plus(Duration.ofDays(30)));
        assertThat(byInstant.expiresAt()).hasToString("2027-01-30T23:00:00Z");
        for (String bad : List.of("2020-01-01T00:00:00Z", "0s", "soon", "2027-13-01", "999999d", "99999999999999d")) {
            assertThatThrownBy(() -> f.admin(Samples.expiring("acme", "c", bad)))
                    .as(bad)
                    .isInstanceOf(InvalidValueException.class)
                    .hasMessageStartingWith("expires");
        }
    }

    @Test
    void rotationKeepsTheOldSecretForAWhile() {
        ApiKey before = key("dev").key().key();
        CommandResult.OfKey after = (CommandResult.OfKey) f.admin(new RotateKey("acme", "dev", null));
        assertThat(after.key().key().previousHash()).isEqualTo(before.hash());
        assertThat(after.key().key().previousUntil()).isEqualTo(f.now.plus(Duration.ofHours(24)));
        assertThat(after.key().key().hash())
                .isEqualTo(KeySecrets.hash(secret(after).reveal()))
                .isNotEqualTo(before.hash());
        CommandResult.OfKey again = (CommandResult.OfKey) f.admin(new RotateKey("acme", "dev", "0s"));
        assertThat(again.key().key().previousUntil()).isEqualTo(f.now);
    }

    @Test
    void aRevokedOrExpiredKeyIsNeitherRotatedNorRevived() {
        key("dev");
        f.admin(new RevokeKey("acme", "dev", true));
        refused(Reason.CONFLICT, new RotateKey("acme", "dev", null));
        refused(Reason.CONFLICT, Samples.expiry("acme", "dev", null));
        f.admin(Samples.expiring("acme", "short", "1s"));
        f.now = f.now.plusSeconds(2);
        refused(Reason.CONFLICT, new RotateKey("acme", "short", null));
    }

    @Test
    void revokingAllCountsTheLiveOnes() {
        User ann = f.user("acme", "ann@example.com", Role.USER);
        f.admin(Samples.key("acme", "a", ann.email()));
        f.admin(Samples.key("acme", "b", ann.email()));
        key("c");
        assertThat(f.admin(new RevokeAllKeys("acme", "ann@example.com", false)))
                .isEqualTo(new CommandResult.Revoked(2));
        assertThat(f.admin(new RevokeAllKeys("acme", null, true))).isEqualTo(new CommandResult.Revoked(1));
        assertThat(f.memory.allKeys()).allMatch(k -> k.revoked() && k.cutRunning());
        refused(Reason.NOT_FOUND, new RevokeAllKeys("acme", "nobody@example.com", false));
    }

    @Test
    void aTenantWithBelongingsIsDeletedOnlyWithAllOfThem() {
        key("dev");
        f.user("acme", "ann@example.com", Role.USER);
        AdminException e = refused(Reason.CONFLICT, new DeleteTenant("acme", false));
        assertThat(e).hasMessageContaining("1 user, 1 key");
        f.admin(new DeleteTenant("acme", true));
        assertThat(f.memory.tenants().find("acme")).isEmpty();
        assertThat(f.memory.allKeys()).isEmpty();
        assertThat(f.memory.auditEvents().getLast().tenantSlug()).isEqualTo("acme");
    }

    @Test
    void aUserWithLiveKeysIsDeletedOnlyWithThem() {
        f.user("acme", "ann@example.com", Role.USER);
        f.admin(Samples.key("acme", "a", "ANN@example.com"));
        refused(Reason.CONFLICT, new DeleteUser("acme", "ann@example.com", false));
        f.admin(new RevokeKey("acme", "a", false));
        f.admin(new DeleteUser("acme", "ann@example.com", false));
        assertThat(f.memory.allKeys()).isEmpty();
        refused(Reason.NOT_FOUND, new DeleteUser("acme", "ann@example.com", true));
    }

    @Test
    void anEmailIsTakenWhateverItsCase() {
        f.user("acme", "ann@example.com", Role.USER);
        refused(Reason.CONFLICT, new CreateUser("acme", "Ann@Example.com", null, Role.USER));
        assertThatThrownBy(() -> f.admin(new CreateUser("acme", "no address", null, Role.USER)))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    void maximaHoldForUsersAndLiveKeys() {
        f.admin(Samples.maxima("acme", 1, 1));
        f.user("acme", "a@example.com", Role.USER);
        refused(Reason.CONFLICT, new CreateUser("acme", "b@example.com", null, Role.USER));
        key("a");
        refused(Reason.CONFLICT, Samples.key("acme", "b", null));
        f.admin(new RevokeKey("acme", "a", false));
        key("b");
    }

    @Test
    void maximaHoldUnderConcurrency() throws Exception {
        f.admin(Samples.maxima("acme", 100, 3));
        assertThat(succeeded(16, i -> Samples.key("acme", "k" + i, null))).isEqualTo(3);
        assertThat(f.memory.keys().countLive(acme.id())).isEqualTo(3);
    }

    @Test
    void ofTwoThatCreateOneNameOneWins() throws Exception {
        assertThat(succeeded(8, i -> new CreateTenant("beta", null))).isEqualTo(1);
        assertThat(succeeded(8, i -> Samples.key("acme", "same", null))).isEqualTo(1);
    }

    @Test
    void aForeignTenantIsAnsweredLikeOneThatDoesNotExist() {
        f.tenant("beta");
        Actor boss = tenantAdmin(acme);
        String foreign = String.valueOf(
                refused(boss, Reason.NOT_FOUND, Samples.key("beta", "k", null)).getMessage());
        String absent = String.valueOf(
                refused(boss, Reason.NOT_FOUND, Samples.key("gone", "k", null)).getMessage());
        assertThat(foreign.replace("beta", "X")).isEqualTo(absent.replace("gone", "X"));
    }

    @Test
    void aTenantAdminDoesNotTouchAnAdmin() {
        f.user("acme", "root@example.com", Role.ADMIN);
        Actor boss = tenantAdmin(acme);
        refused(boss, Reason.FORBIDDEN, new DeleteUser("acme", "root@example.com", true));
        refused(
                boss,
                Reason.FORBIDDEN,
                new UpdateUser("acme", "root@example.com", Change.none(), Change.none(), Change.to(false)));
        refused(boss, Reason.FORBIDDEN, Samples.key("acme", "k", "root@example.com"));
    }

    @Test
    void aUserReachesItsOwnKeysAlone() {
        User ann = f.user("acme", "ann@example.com", Role.USER);
        f.user("acme", "bob@example.com", Role.USER);
        f.admin(Samples.key("acme", "bobs", "bob@example.com"));
        Actor actor = AdminFixture.user(ann);
        CommandResult.OfKey own = (CommandResult.OfKey) f.executor.execute(actor, Samples.key("acme", "anns", null));
        assertThat(own.key().key().userId()).isEqualTo(ann.id());
        refused(actor, Reason.FORBIDDEN, Samples.key("acme", "x", "bob@example.com"));
        String foreign = String.valueOf(
                refused(actor, Reason.NOT_FOUND, new DeleteKey("acme", "bobs")).getMessage());
        String absent = String.valueOf(
                refused(actor, Reason.NOT_FOUND, new DeleteKey("acme", "none")).getMessage());
        assertThat(foreign.replace("bobs", "X")).isEqualTo(absent.replace("none", "X"));
        assertThat(f.executor.execute(actor, new RevokeAllKeys("acme", null, false)))
                .isEqualTo(new CommandResult.Revoked(1));
    }

    @Test
    void aProcessOfOneTenantRefusesAllOthers() {
        f.tenant("beta");
        CommandExecutor one = f.executor("acme");
        for (AdminCommand foreign : List.of(
                Samples.key("beta", "k", null),
                Samples.key("gone", "k", null),
                new CreateTenant("gamma", null),
                new DeleteTenant("beta", true),
                new AdminCommand.DeleteProvider(null, "p"))) {
            AdminException e =
                    catchThrowableOfType(AdminException.class, () -> one.execute(AdminFixture.ADMIN, foreign));
            assertThat(e.reason()).as(foreign.toString()).isEqualTo(Reason.FORBIDDEN);
        }
        one.execute(AdminFixture.ADMIN, Samples.key("acme", "k", null));
    }

    private CommandResult.OfKey key(String name) {
        return (CommandResult.OfKey) f.admin(Samples.key("acme", name, null));
    }

    private static Secret secret(CommandResult.OfKey made) {
        return java.util.Objects.requireNonNull(made.secret());
    }

    private AdminException refused(Reason reason, AdminCommand command) {
        return refused(AdminFixture.ADMIN, reason, command);
    }

    private AdminException refused(Actor actor, Reason reason, AdminCommand command) {
        AdminException e = catchThrowableOfType(AdminException.class, () -> f.executor.execute(actor, command));
        assertThat(e).as(command.toString()).isNotNull();
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
        return e;
    }

    private int succeeded(int threads, IntFunction<AdminCommand> command) throws Exception {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Future<Boolean>> results = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                AdminCommand mine = command.apply(i);
                Callable<Boolean> attempt = () -> attempt(start, mine);
                results.add(pool.submit(attempt));
            }
        }
        int count = 0;
        for (Future<Boolean> result : results) {
            count += result.get() ? 1 : 0;
        }
        return count;
    }

    private boolean attempt(CyclicBarrier start, AdminCommand command) throws Exception {
        start.await();
        try {
            f.admin(command);
            return true;
        } catch (AdminException e) {
            assertThat(e.reason()).isEqualTo(Reason.CONFLICT);
            return false;
        }
    }
}
