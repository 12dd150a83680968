package io.llmproxy.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.port.StoreException;
import io.llmproxy.testing.FakeAudit;
import io.llmproxy.testing.InMemoryStores;
import io.llmproxy.testing.SampleSettings;
import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private static final Instant NOW = UsageRecords.T0;
    private static final UUID A = new UUID(1, 1);
    private static final UUID B = new UUID(1, 2);

    private final Fakes.Purged audit = new Fakes.Purged();
    private final Fakes.Purged usage = new Fakes.Purged();
    private final FakeAudit.Bodies bodies = new FakeAudit.Bodies();
    private final InMemoryStores stores = new InMemoryStores();

    @Test
    void deletesWhatIsTooOldInSmallSteps() {
        usage.old.put(A, 2500);
        audit.old.put(A, 10);
        retention(tenant(A, 30, 7)).purge();
        assertThat(usage.steps).containsExactly(1000, 1000, 1000);
        assertThat(usage.before.get(A)).isEqualTo(NOW.minus(Duration.ofDays(7)));
        // whole days: that it was done is an event, and one a day is enough
        assertThat(audit.before.get(A))
                .isEqualTo(NOW.truncatedTo(ChronoUnit.DAYS).minus(Duration.ofDays(30)));
        assertThat(audit.events)
                .singleElement()
                .satisfies(e -> assertThat(e.details()).containsEntry("events", "10"));
        assertThat(usage.old.get(A)).isZero();
    }

    @Test
    void keepsWhatATenantDoesNotWantDeleted() {
        usage.old.put(B, 5);
        retention(tenant(A, null, 1), tenant(B, null, null)).purge();
        assertThat(usage.before).containsOnlyKeys(A);
        assertThat(audit.before).isEmpty();
    }

    @Test
    void endsBetweenTwoStepsWhenItIsClosed() {
        Retention[] self = new Retention[1];
        Fakes.Purged endless = new Fakes.Purged();
        self[0] = new Retention(
                audit,
                new Fakes.Usage() {
                    @Override
                    public int purge(UUID tenantId, Instant before, int max) {
                        self[0].close();
                        return endless.steps.add(max) ? max : 0;
                    }
                },
                stores.objects(),
                bodies,
                () -> List.of(tenant(A, null, 1)),
                () -> NOW);
        self[0].purge();
        assertThat(endless.steps).hasSize(1);
    }

    @Test
    void forgetsWhatProvidersHaveLongDeleted() {
        UUID pool = new UUID(7, 7);
        stores.objects()
                .keep(StoredObject.made(pool, ObjectKind.RESPONSE, "resp_1", A, NOW.minus(Duration.ofDays(100))));
        stores.objects().keep(StoredObject.made(pool, ObjectKind.RESPONSE, "resp_2", A, NOW));
        retention(tenant(A, null, null)).purge();
        assertThat(stores.objects().find(A, ObjectKind.RESPONSE, "resp_1")).isEmpty();
        assertThat(stores.objects().find(A, ObjectKind.RESPONSE, "resp_2")).hasSize(1);
    }

    @Test
    void bodiesGoAfterThirtyDaysUnlessTheTenantSaysOtherwiseAndThoseOfTenantsThatAreGoneAtOnce() {
        bodies.orphans = 2500;
        retention(tenant(A, null, null), tenant(B, 7, null)).purge();
        assertThat(bodies.purged)
                .containsEntry(A, NOW.minus(Duration.ofDays(30)))
                .containsEntry(B, NOW.minus(Duration.ofDays(7)));
        assertThat(bodies.orphans).isZero();
    }

    @Test
    void aRoundThatFailsIsAProblemUntilTheNextOneThatDoesNot() {
        boolean[] away = {true};
        Retention retention = new Retention(
                audit,
                usage,
                stores.objects(),
                bodies,
                () -> {
                    if (away[0]) {
                        throw new IllegalStateException("the database is away");
                    }
                    return List.of();
                },
                () -> NOW);
        retention.round();
        assertThat(retention.failing()).isTrue();
        away[0] = false;
        retention.round();
        assertThat(retention.failing()).isFalse();
    }

    @Test
    void bodiesHaveTheirOwnRetentionWhereTheTenantGivesOne() {
        TenantSettings settings = SampleSettings.retention(365, null, 3);
        retention(new Tenant(A, "a", "A", Tenant.Status.ACTIVE, settings, NOW, NOW))
                .purge();
        assertThat(bodies.purged).containsEntry(A, NOW.minus(Duration.ofDays(3)));
        assertThat(audit.before.get(A))
                .isEqualTo(NOW.truncatedTo(ChronoUnit.DAYS).minus(Duration.ofDays(365)));
    }

    @Test
    void whatFailsForOneTenantHoldsUpNoOtherAndNoOtherStore() {
        usage.old.put(B, 5);
        usage.failing = A;
        assertThat(retention(tenant(A, 30, 7), tenant(B, 30, 7)).purge()).isFalse();
        assertThat(usage.old.get(B)).isZero();
        assertThat(bodies.purged).containsOnlyKeys(A, B);
        assertThat(audit.before).containsOnlyKeys(A, B);
    }

    @Test
    void aDatabaseThatIsAwayIsAskedOnceARound() {
        usage.failing = A;
        usage.failure = new StoreException.Away("purging the ledger", new IllegalStateException());
        assertThatThrownBy(
                        () -> retention(tenant(A, null, 7), tenant(B, null, 7)).purge())
                .isInstanceOf(StoreException.Away.class);
        assertThat(usage.before).containsOnlyKeys(A);
    }

    private Retention retention(Tenant... tenants) {
        return new Retention(audit, usage, stores.objects(), bodies, () -> List.of(tenants), () -> NOW);
    }

    private static Tenant tenant(UUID id, @Nullable Integer auditDays, @Nullable Integer usageDays) {
        TenantSettings settings = SampleSettings.retention(auditDays, usageDays);
        return new Tenant(id, "t" + id.getLeastSignificantBits(), "T", Tenant.Status.ACTIVE, settings, NOW, NOW);
    }
}
