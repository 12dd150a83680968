package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits of one subject are one limit, however it is written. */
class LimitSpellingsTest {
    private static final Actor ADMIN = AdminFixture.ADMIN;
    private final AdminFixture fixture = new AdminFixture();
    private Tenant acme;
    private Actor boss;
    private User ann;

    @BeforeEach
    void setUp() {
        acme = fixture.tenant("acme");
        boss = AdminFixture.tenantAdmin(acme);
        ann = fixture.user("acme", "ann@acme.example", Role.USER);
    }

    private Limit set(Actor actor, @Nullable String tenant, LimitScope scope, String subject, long amount) {
        SetLimit command = new SetLimit(
                tenant,
                scope,
                subject,
                LimitMetric.REQUESTS,
                amount,
                LimitPeriod.DAY,
                null,
                Limit.DEFAULT_SEGMENTS,
                LimitMode.HARD);
        return ((CommandResult.OfLimit) fixture.executor.execute(actor, command))
                .limit()
                .limit();
    }

    private ApiKey key(String name) {
        return ((CommandResult.OfKey) fixture.admin(Samples.key("acme", name, null)))
                .key()
                .key();
    }

    /** As versions stored it that kept the subject as it was written. */
    private Limit old(@Nullable UUID tenant, LimitScope scope, String subject, long amount, LimitOrigin origin) {
        String id = Ids.next(fixture.now).toString();
        Limit limit = Limit.of(
                        id, scope, LimitMetric.REQUESTS, amount, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW, origin)
                .as(id, subject);
        return fixture.memory.limits().put(tenant == null ? limit : limit.of(tenant), fixture.now);
    }

    private List<Limit> limits() {
        return fixture.memory.limits().list(acme.id());
    }

    private static String upper(Object text) {
        return text.toString().toUpperCase(Locale.ROOT);
    }

    @Test
    void aUserByAddressInAnyCaseAndById() {
        Limit first = set(ADMIN, "acme", LimitScope.USER, "ANN@acme.Example", 5);
        assertThat(first.subject()).isEqualTo("ann@acme.example");
        long amount = 6;
        for (String spelling : List.of(ann.email(), upper(ann.email()), ann.id().toString(), upper(ann.id()))) {
            assertThat(set(ADMIN, "acme", LimitScope.USER, spelling, amount))
                    .as(spelling)
                    .isEqualTo(first.amount(amount));
            assertThat(limits()).containsExactly(first.amount(amount++));
        }
        fixture.user("acme", "bob@acme.example", Role.USER);
        set(ADMIN, "acme", LimitScope.USER, "bob@acme.example", 1);
        assertThat(limits()).hasSize(2);
    }

    @Test
    void aKeyByNameIdAndPrefix() {
        ApiKey ci = key("ci");
        ApiKey other = key("CI");
        Limit first = set(ADMIN, "acme", LimitScope.KEY, ci.id().toString(), 5);
        assertThat(first.subject()).isEqualTo("ci");
        for (String spelling : List.of("ci", ci.id().toString(), ci.prefix())) {
            assertThat(set(ADMIN, "acme", LimitScope.KEY, spelling, 7).id()).isEqualTo(first.id());
        }
        // names of keys are told apart by their case
        assertThat(set(ADMIN, "acme", LimitScope.KEY, other.id().toString(), 3).subject())
                .isEqualTo("CI");
        assertThat(limits()).hasSize(2).contains(first.amount(7));
    }

    @Test
    void aKeyThatIsNamedAsAnothersIdDoesNotTakeItsLimit() {
        ApiKey ci = key("ci");
        ApiKey posing = key(ci.id().toString());
        assertThat(set(ADMIN, "acme", LimitScope.KEY, ci.id().toString(), 5).subject())
                .isEqualTo("ci");
        // requests take what looks like an id for one, so this one has no other spelling
        assertThat(set(ADMIN, "acme", LimitScope.KEY, posing.id().toString(), 6).subject())
                .isEqualTo(posing.id().toString());
        ApiKey odd = key(UUID.randomUUID().toString());
        assertThat(set(ADMIN, "acme", LimitScope.KEY, odd.name(), 7).subject())
                .isEqualTo(odd.id().toString());
        assertThat(limits()).extracting(Limit::amount).containsExactlyInAnyOrder(5L, 6L, 7L);
    }

    @Test
    void aRangeOfAddressesInAnyNotation() {
        Limit first = set(ADMIN, "acme", LimitScope.IP, "2001:DB8:0::1/32", 5);
        assertThat(set(ADMIN, "acme", LimitScope.IP, "2001:db8::/32", 6)).isEqualTo(first.amount(6));
        Limit one = set(ADMIN, null, LimitScope.IP, "192.0.2.1", 5);
        assertThat(set(ADMIN, null, LimitScope.IP, "192.0.2.1/32", 6)).isEqualTo(one.amount(6));
        assertThat(limits()).hasSize(1);
        assertThat(fixture.memory.limits().list(null)).hasSize(1);
    }

    @Test
    void aLimitOfTheInstallationByAddressInAnyCase() {
        Limit first = set(ADMIN, null, LimitScope.USER, "ANN@acme.example", 5);
        assertThat(set(ADMIN, null, LimitScope.USER, "ann@ACME.example", 6)).isEqualTo(first.amount(6));
        // the address is that of users of all tenants, and the id one user's: these are two subjects
        set(ADMIN, null, LimitScope.USER, ann.id().toString(), 7);
        assertThat(fixture.memory.limits().list(null)).hasSize(2);
    }

    @Test
    void whatIsThereUnderAnotherSpellingIsChangedAndKeepsItsId() {
        Limit old = old(acme.id(), LimitScope.USER, ann.id().toString(), 5, LimitOrigin.ADMIN);
        Limit set = set(ADMIN, "acme", LimitScope.USER, "Ann@acme.example", 9);
        assertThat(set).isEqualTo(old.as(old.id(), ann.email()).amount(9));
        assertThat(limits()).containsExactly(set);
        assertThat(fixture.memory.auditEvents().getLast().before())
                .containsEntry("amount", "5")
                .containsEntry("scope", "user=" + ann.id());
    }

    @Test
    void oldLimitsOfOneSubjectAreSetAlikeAndNoneGoesByItself() {
        ApiKey ci = key("ci");
        Limit byId = old(acme.id(), LimitScope.KEY, upper(ci.id()), 5, LimitOrigin.ADMIN);
        Limit byName = old(acme.id(), LimitScope.KEY, "ci", 6, LimitOrigin.ADMIN);
        Limit theirs = old(acme.id(), LimitScope.KEY, ci.id().toString(), 4, LimitOrigin.TENANT_ADMIN);
        Limit others = old(acme.id(), LimitScope.KEY, UUID.randomUUID().toString(), 3, LimitOrigin.ADMIN);
        Limit wide = old(null, LimitScope.KEY, "ci", 2, LimitOrigin.ADMIN);
        assertThat(set(ADMIN, "acme", LimitScope.KEY, ci.id().toString(), 9)).isEqualTo(byName.amount(9));
        assertThat(limits()).containsExactlyInAnyOrder(byId.amount(9), byName.amount(9), theirs, others);
        assertThat(fixture.memory.limits().list(null)).containsExactly(wide);
        assertThat(fixture.memory.auditEvents().getLast().details()).containsEntry("alike", "[" + byId.id() + "]");
        fixture.admin(new DeleteLimit("acme", byName.id()));
        assertThat(limits()).containsExactlyInAnyOrder(byId.amount(9), theirs, others);
    }

    @Test
    void aTenantAdminSetsNotMoreThanAnAdminDidUnderAnotherSpelling() {
        ApiKey ci = key("ci");
        old(acme.id(), LimitScope.USER, ann.id().toString(), 5, LimitOrigin.ADMIN);
        old(null, LimitScope.KEY, ci.id().toString(), 5, LimitOrigin.ADMIN);
        List<Limit> before = limits();
        for (String spelling : List.of(ann.email(), upper(ann.email()), ann.id().toString(), upper(ann.id()))) {
            refused(LimitScope.USER, spelling);
        }
        for (String spelling : List.of("ci", ci.id().toString(), ci.prefix())) {
            refused(LimitScope.KEY, spelling);
        }
        assertThat(limits()).isEqualTo(before);
        // what may be had is a limit of its own beside the admin's, which stays
        Limit own = set(boss, "acme", LimitScope.USER, "ANN@ACME.EXAMPLE", 4);
        assertThat(own.origin()).isEqualTo(LimitOrigin.TENANT_ADMIN);
        assertThat(limits()).hasSize(2).containsAll(before).contains(own);
    }

    private void refused(LimitScope scope, String subject) {
        assertThatThrownBy(() -> set(boss, "acme", scope, subject, 6))
                .as(subject)
                .isInstanceOf(AdminException.class)
                .hasMessageContaining("you may set less, not more");
    }

    @Test
    void whoIsMadeAnewIsUnderTheLimitThatAnAdminSetByTheId() {
        Limit limit = set(ADMIN, "acme", LimitScope.USER, ann.id().toString(), 5);
        fixture.executor.execute(boss, new AdminCommand.DeleteUser("acme", ann.email(), true));
        fixture.user("acme", "ann@acme.example", Role.USER);
        assertThat(limits()).containsExactly(limit);
        assertThat(set(ADMIN, "acme", LimitScope.USER, ann.email(), 8)).isEqualTo(limit.amount(8));
    }
}
