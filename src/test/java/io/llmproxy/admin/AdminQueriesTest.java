package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageQuery.Dimension;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.UsageRecords;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminQueriesTest {
    private static final Page.Request ALL = Page.Request.first(100);
    private static final UsageFilter EVERYTHING = new UsageFilter(null, null, null, null);
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;
    private Tenant beta;
    private User ann;
    private Actor boss;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
        beta = f.tenant("beta");
        ann = f.user("acme", "ann@example.com", Role.USER);
        boss = AdminFixture.tenantAdmin(acme);
        f.admin(Samples.key("acme", "anns", ann.email()));
        f.admin(Samples.key("acme", "other", null));
    }

    @Test
    void aTenantAdminSeesItsOwnTenantAlone() {
        assertThat(f.queries.tenants(boss, ALL).items()).containsExactly(acme);
        assertThat(f.queries.tenants(AdminFixture.ADMIN, ALL).items()).containsExactly(acme, beta);
        refused(Reason.NOT_FOUND, () -> f.queries.tenant(boss, "beta"));
        refused(Reason.NOT_FOUND, () -> f.queries.users(boss, "beta", ALL));
        refused(Reason.NOT_FOUND, () -> f.queries.keys(boss, "beta", null, ALL));
        refused(Reason.FORBIDDEN, () -> f.queries.providers(boss, null, ALL));
    }

    @Test
    void aUserSeesItsOwnKeysAndNothingElseOfTheTenant() {
        Actor actor = AdminFixture.user(ann);
        assertThat(f.queries.keys(actor, "acme", null, ALL).items())
                .extracting(k -> k.key().name())
                .containsExactly("anns");
        assertThat(f.queries.key(actor, "acme", "anns").user()).isEqualTo(ann);
        refused(Reason.NOT_FOUND, () -> f.queries.key(actor, "acme", "other"));
        refused(Reason.FORBIDDEN, () -> f.queries.tenants(actor, ALL));
        refused(Reason.FORBIDDEN, () -> f.queries.users(actor, "acme", ALL));
        refused(Reason.FORBIDDEN, () -> f.queries.providers(actor, "acme", ALL));
    }

    @Test
    void aProcessOfOneTenantShowsThatOneAlone() {
        AdminQueries one = f.queries("acme");
        assertThat(one.tenants(AdminFixture.ADMIN, ALL).items()).containsExactly(acme);
        refused(Reason.FORBIDDEN, () -> one.tenant(AdminFixture.ADMIN, "beta"));
        refused(Reason.FORBIDDEN, () -> one.tenant(AdminFixture.ADMIN, "gone"));
        refused(Reason.FORBIDDEN, () -> one.providers(AdminFixture.ADMIN, null, ALL));
        f.memory.used(List.of(record(acme, null), record(beta, null)));
        assertThat(one.usageRecords(AdminFixture.ADMIN, EVERYTHING, ALL).items())
                .hasSize(1);
        refused(
                Reason.FORBIDDEN,
                () -> one.usageRecords(AdminFixture.ADMIN, new UsageFilter("beta", null, null, null), ALL));
    }

    @Test
    void aTenantSeesOfTheSharedProvidersThoseThatItMayUse() {
        for (String name : List.of("a", "b", "c")) {
            f.admin(new CreateProvider(null, name, ProviderKind.OLLAMA, ProviderChanges.NONE));
        }
        f.admin(new CreateProvider("acme", "c", ProviderKind.OLLAMA, ProviderChanges.NONE));
        f.admin(Samples.allowed("acme", Set.of("a", "c")));
        List<ProviderView> seen = f.queries.providers(boss, "acme", ALL).items();
        assertThat(seen).extracting(p -> p.account().name()).containsExactly("a", "c");
        assertThat(seen.getLast().account().shared()).isFalse();
        refused(Reason.NOT_FOUND, () -> f.queries.provider(boss, "acme", "b"));
    }

    @Test
    void theLedgerIsConfinedToWhatTheActorMaySee() {
        f.memory.used(List.of(record(acme, ann), record(acme, null), record(beta, null)));
        assertThat(f.queries.usageRecords(AdminFixture.ADMIN, EVERYTHING, ALL).items())
                .hasSize(3);
        assertThat(f.queries.usageRecords(boss, EVERYTHING, ALL).items()).hasSize(2);
        assertThat(f.queries
                        .usageReport(AdminFixture.user(ann), EVERYTHING, List.of(Dimension.USER))
                        .getFirst()
                        .requests())
                .isEqualTo(1);
        refused(Reason.NOT_FOUND, () -> f.queries.usageRecords(boss, new UsageFilter("beta", null, null, null), ALL));
        refused(
                Reason.NOT_FOUND,
                () -> f.queries.usageRecords(boss, new UsageFilter("acme", "nobody@example.com", null, null), ALL));
    }

    @Test
    void aTailMissesNothingAndRepeatsNothing() {
        String position = f.queries.usageEnd();
        int seen = 0;
        for (int i = 1; i <= 5; i++) {
            f.memory.used(List.of(record(acme, null), record(beta, null)));
            Page<UsageRecord> page = f.queries.usageTail(boss, EVERYTHING, new Page.Request(100, position));
            position = java.util.Objects.requireNonNull(page.next());
            seen += page.items().size();
            assertThat(seen).isEqualTo(i);
        }
    }

    private UsageRecord record(Tenant tenant, @Nullable User user) {
        return new UsageRecord(
                Ids.next(f.now),
                null,
                null,
                f.now,
                new UsageRecord.Caller(
                        tenant.id(),
                        tenant.slug(),
                        user == null ? null : user.id(),
                        user == null ? null : user.email(),
                        UUID.randomUUID(),
                        "dev",
                        null),
                UsageRecords.chat("gpt-4o"),
                UsageRecords.answered(TokenUsage.of(1, 1), Cost.UNKNOWN));
    }

    private static void refused(Reason reason, ThrowingCallable read) {
        AdminException e = catchThrowableOfType(AdminException.class, read);
        assertThat(e).isNotNull();
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
    }
}
