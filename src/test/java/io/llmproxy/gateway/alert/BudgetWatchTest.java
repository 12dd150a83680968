package io.llmproxy.gateway.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.Telemetry;
import io.llmproxy.runtime.SnapshotRefresher;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.InMemoryStores;
import io.llmproxy.testing.SampleSettings;
import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BudgetWatchTest {
    private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");
    private static final AlertRules RULES = new AlertRules("", List.of(100, 50, 80, 80), true, Duration.ofHours(1));

    private final InMemoryStores stores = new InMemoryStores();
    private final Snapshots snapshots = new Snapshots();
    private final MemoryAlerts alerts = new MemoryAlerts();
    private final MemoryCounterStore memory = new MemoryCounterStore(() -> START);
    private final List<String> metrics = new ArrayList<>();
    private Instant now = START;
    private final BudgetRefusals counters = new BudgetRefusals(memory, () -> now);
    private BudgetWatch watch = watch(RULES);
    private Tenant acme = tenant("acme", null);

    @BeforeEach
    void setUp() {
        stores.tenants().insert(acme);
    }

    private static Tenant tenant(String slug, @Nullable String zone) {
        UsageLimits limits = new UsageLimits(null, null, null, null, zone);
        TenantSettings settings = SampleSettings.limits(limits);
        return new Tenant(Ids.next(START), slug, slug, Tenant.Status.ACTIVE, settings, START, START);
    }

    private BudgetWatch watch(AlertRules rules) {
        Telemetry telemetry = new Telemetry() {
            @Override
            public void served(UsageRecord record, @Nullable ProviderKind kind) {}

            @Override
            public void refusedUnknown(int status) {}

            @Override
            public void inFlight(int delta) {}

            @Override
            public void alerted(String metric, int threshold) {
                metrics.add(metric + threshold);
            }
        };
        return new BudgetWatch(rules, alerts, stores.usage(), snapshots, counters, telemetry, () -> now);
    }

    private Limit limit(@Nullable Tenant owner, LimitScope scope, LimitMetric metric, long amount, LimitPeriod period) {
        Limit plain = Limit.of(
                Ids.next(START).toString(),
                scope,
                metric,
                amount,
                period,
                LimitAlgorithm.of(period),
                LimitOrigin.ADMIN);
        Limit limit = owner == null ? plain : plain.of(owner.id());
        return set(limit);
    }

    private Limit set(Limit limit) {
        Limit kept = stores.limits().put(limit, now);
        publish();
        return kept;
    }

    private void publish() {
        stores.state().changed();
        SnapshotRefresher refresher = new SnapshotRefresher(
                stores.state(), snapshots, new AdminFixture.FakeProviders(), PriceCatalogue.EMPTY, null, List.of());
        refresher.refresh();
    }

    private void use(Tenant tenant, UUID key, Instant at, String model, long tokens, long nanos) {
        stores.used(List.of(new UsageRecord(
                Ids.next(at),
                null,
                null,
                at,
                new UsageRecord.Caller(tenant.id(), tenant.slug(), null, null, key, "dev", null),
                UsageRecords.chat(model),
                UsageRecords.answered(
                        new TokenUsage(tokens, 0, 0, 0, 0, 0, 0, TokenUsage.Source.PROVIDER),
                        new Cost(nanos, Cost.State.PRICED, "p")))));
    }

    private void use(long tokens) {
        use(acme, new UUID(1, 1), now, "m", tokens, 0);
    }

    private List<Integer> told() {
        watch.check();
        return alerts.told.stream().map(BudgetAlert::threshold).toList();
    }

    @Test
    void eachThresholdIsToldOnce() {
        Limit limit = limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        use(499);
        assertThat(told()).isEmpty();
        use(1);
        assertThat(told()).containsExactly(50);
        assertThat(told()).containsExactly(50);
        use(100);
        assertThat(told()).containsExactly(50);
        use(400);
        assertThat(told()).containsExactly(50, 80, 100);
        use(5_000);
        assertThat(told()).containsExactly(50, 80, 100);
        BudgetAlert first = alerts.told.getFirst();
        assertThat(first.limitId()).isEqualTo(limit.id());
        assertThat(first.tenant()).isEqualTo("acme");
        assertThat(first.used()).isEqualTo(500);
        assertThat(first.periodStart()).isEqualTo(Instant.parse("2026-11-21T00:00:00Z"));
        assertThat(first.refused()).isFalse();
        assertThat(metrics).containsExactly("tokens50", "tokens80", "tokens100");
    }

    @Test
    void anotherProcessOrANewStartDoesNotTellAgain() {
        limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.MONTH);
        use(800);
        assertThat(told()).containsExactly(50, 80);
        watch = watch(RULES);
        assertThat(told()).containsExactly(50, 80);
        use(200);
        assertThat(told()).containsExactly(50, 80, 100);
    }

    @Test
    void aNewPeriodIsToldAnew() {
        limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        use(500);
        assertThat(told()).containsExactly(50);
        now = now.plus(Duration.ofDays(1));
        assertThat(told()).containsExactly(50);
        use(499);
        assertThat(told()).containsExactly(50);
        use(1);
        assertThat(told()).containsExactly(50, 50);
    }

    @Test
    void aRaisedOrLoweredLimitIsAnotherBudget() {
        Limit limit = limit(acme, LimitScope.TENANT, LimitMetric.COST, 1_000, LimitPeriod.DAY);
        use(acme, new UUID(1, 1), now, "m", 0, 900_000);
        assertThat(told()).containsExactly(50, 80);
        set(limit.amount(10_000));
        assertThat(told()).containsExactly(50, 80);
        use(acme, new UUID(1, 1), now, "m", 0, 4_100_000);
        assertThat(told()).containsExactly(50, 80, 50);
        assertThat(alerts.told.getLast().amount()).isEqualTo(10_000);
        set(limit.amount(1_000));
        assertThat(told()).containsExactly(50, 80, 50, 100);
        stores.limits().delete(UUID.fromString(limit.id()));
        publish();
        use(acme, new UUID(1, 1), now, "m", 0, 9_000_000);
        assertThat(told()).hasSize(4);
    }

    @Test
    void eachSubjectHasItsOwnAlerts() {
        limit(acme, LimitScope.KEY, LimitMetric.TOKENS, 100, LimitPeriod.TOTAL);
        limit(acme, LimitScope.MODEL, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        use(acme, new UUID(1, 1), now, "a", 60, 0);
        use(acme, new UUID(2, 2), now, "b", 40, 0);
        assertThat(told()).containsExactly(50);
        assertThat(alerts.told.getFirst().periodStart()).isNull();
        use(acme, new UUID(2, 2), now, "b", 460, 0);
        watch.check();
        assertThat(alerts.told)
                .extracting(BudgetAlert::scope, BudgetAlert::subject, BudgetAlert::threshold)
                .contains(
                        org.assertj.core.api.Assertions.tuple(LimitScope.MODEL, "b", 50),
                        org.assertj.core.api.Assertions.tuple(LimitScope.KEY, new UUID(2, 2).toString(), 100))
                .hasSize(5);
    }

    @Test
    void onlyMoneyAndTokensOfLongPeriodsAreBudgets() {
        limit(acme, LimitScope.TENANT, LimitMetric.REQUESTS, 1, LimitPeriod.DAY);
        limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1, LimitPeriod.MINUTE);
        limit(acme, LimitScope.TENANT, LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE);
        use(1_000);
        assertThat(told()).isEmpty();
    }

    @Test
    void withoutThresholdsNobodyIsTold() {
        limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1, LimitPeriod.DAY);
        use(1_000);
        watch = watch(new AlertRules("", List.of(), true, Duration.ZERO));
        assertThat(told()).isEmpty();
    }

    @Test
    void aRefusalForWantOfWhatIsLeftIsTheEnd() {
        Limit limit = limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        CounterKey key = new CounterKey(limit.id(), acme.id());
        use(700);
        counters.reserve(List.of(new Charge(limit, key, 2_000)));
        assertThat(told()).containsExactly(50);
        use(250);
        assertThat(told()).containsExactly(50, 80);
        counters.reserve(List.of(new Charge(limit, key, 2_000)));
        assertThat(told()).containsExactly(50, 80, 100);
        assertThat(alerts.told.getLast().refused()).isTrue();
        assertThat(alerts.told.getLast().used()).isEqualTo(950);
        use(50);
        counters.reserve(List.of(new Charge(limit, key, 2_000)));
        assertThat(told()).hasSize(3);
    }

    /** The client is told of the one that refuses for longer. */
    @Test
    void aRefusalByTwoBudgetsIsTheEndOfBoth() {
        Limit day = limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        Limit month = limit(acme, LimitScope.TENANT, LimitMetric.OUTPUT_TOKENS, 1_000, LimitPeriod.MONTH);
        Charge today = new Charge(day, new CounterKey(day.id(), acme.id()), 2_000);
        Charge all = new Charge(month, new CounterKey(month.id(), acme.id()), 2_000);
        for (List<Charge> charges : List.of(List.of(today, all), List.of(all, today))) {
            assertThat(counters.reserve(charges))
                    .isInstanceOfSatisfying(
                            Denied.class, d -> assertThat(d.limit()).isEqualTo(month));
            assertThat(counters.take()).containsOnlyKeys(today.key(), all.key());
        }
    }

    /** Refuses a request when nine tenths are taken, which the ledger need not know yet. */
    private void refusing(Limit limit) {
        CounterKey key = new CounterKey(limit.id(), acme.id());
        counters.reset(limit);
        counters.reserve(List.of(new Charge(limit, key, limit.amount() * 9 / 10)));
        counters.reserve(List.of(new Charge(limit, key, limit.amount())));
    }

    @Test
    void aRefusalWaitsForTheLedgerToShowWhatWasUsedBefore() {
        Limit limit = limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        refusing(limit);
        assertThat(told()).isEmpty();
        use(700);
        assertThat(told()).containsExactly(50);
        use(250);
        assertThat(told()).containsExactly(50, 80, 100);
        assertThat(alerts.told.getLast().refused()).isTrue();
        now = now.plus(Duration.ofDays(1));
        use(900);
        assertThat(told()).containsExactly(50, 80, 100, 50, 80);
    }

    @Test
    void aRefusalWaitsForALedgerThatIsAway() {
        Limit limit = limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        use(900);
        assertThat(told()).containsExactly(50, 80);
        refusing(limit);
        stores.goAway();
        watch.round();
        watch.round();
        stores.comeBack();
        assertThat(told()).containsExactly(50, 80, 100);
    }

    @Test
    void aRefusalOfAnotherPeriodOrAmountOrOfLongAgoIsNoEnd() {
        Limit limit = limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 1_000, LimitPeriod.DAY);
        refusing(limit);
        assertThat(told()).isEmpty();
        now = now.plus(Duration.ofDays(1));
        use(900);
        assertThat(told()).containsExactly(50, 80);

        refusing(limit);
        limit = set(limit.amount(2_000));
        use(800);
        assertThat(told()).containsExactly(50, 80, 50, 80);

        now = now.plus(Duration.ofDays(1));
        assertThat(told()).hasSize(4);
        refusing(limit);
        assertThat(told()).hasSize(4);
        now = now.plus(Duration.ofMinutes(61));
        use(1_700);
        assertThat(told()).hasSize(6);
    }

    @Test
    void aTenantsDaysAreThoseOfItsZone() {
        Tenant tokyo = tenant("tokyo", "Asia/Tokyo");
        stores.tenants().insert(tokyo);
        limit(null, LimitScope.TENANT, LimitMetric.TOKENS, 100, LimitPeriod.DAY);
        // 14:59 UTC is a minute before midnight in Tokyo
        use(tokyo, new UUID(1, 1), Instant.parse("2026-11-21T14:59:00Z"), "m", 60, 0);
        use(acme, new UUID(2, 2), Instant.parse("2026-11-21T14:59:00Z"), "m", 60, 0);
        now = Instant.parse("2026-11-21T15:01:00Z");
        watch.check();
        assertThat(alerts.told).extracting(BudgetAlert::tenant).containsExactly("acme");
        use(tokyo, new UUID(1, 1), now, "m", 50, 0);
        watch.check();
        assertThat(alerts.told).extracting(BudgetAlert::tenant).containsExactly("acme", "tokyo");
        assertThat(alerts.told.getLast().periodStart()).isEqualTo(Instant.parse("2026-11-21T15:00:00Z"));
    }

    @Test
    void aDatabaseThatIsAwayIsNoEndOfWatching() {
        limit(acme, LimitScope.TENANT, LimitMetric.TOKENS, 100, LimitPeriod.DAY);
        use(60);
        stores.goAway();
        assertThat(watch.round()).isPositive();
        stores.comeBack();
        assertThat(watch.round()).isPositive();
        assertThat(alerts.told).hasSize(1);
    }
}
