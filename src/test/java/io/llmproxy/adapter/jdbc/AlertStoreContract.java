package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.AlertStore;
import io.llmproxy.port.AlertStore.Pending;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class AlertStoreContract {
    private static final Instant NOW = Samples.NOW;

    private final String realm = Samples.unique("realm");

    abstract Database database();

    private AlertStore store() {
        return database().alerts();
    }

    private static BudgetAlert alert(@Nullable Instant period, long amount, int threshold) {
        return new BudgetAlert(
                Ids.next(NOW),
                "acme",
                "setting:acme:max-tokens-per-day",
                LimitScope.USER,
                "Ümläut@example.com",
                LimitMetric.COST,
                period == null ? LimitPeriod.TOTAL : LimitPeriod.DAY,
                LimitMode.SOFT,
                amount,
                period,
                amount - 1,
                threshold,
                true,
                NOW);
    }

    private boolean claim(BudgetAlert alert) {
        return store().claim(realm, "limit\nsubject", alert, NOW);
    }

    @Test
    void eachCounterPeriodAmountAndThresholdIsClaimedOnce() {
        assertThat(claim(alert(NOW, 100, 50))).isTrue();
        assertThat(claim(alert(NOW, 100, 50))).isFalse();
        assertThat(claim(alert(NOW, 100, 80))).isTrue();
        assertThat(claim(alert(NOW, 200, 50))).isTrue();
        assertThat(claim(alert(NOW.plusSeconds(1), 100, 50))).isTrue();
        assertThat(claim(alert(null, 100, 50))).isTrue();
        assertThat(claim(alert(null, 100, 50))).isFalse();
        assertThat(store().claim(realm, "limit\nother", alert(NOW, 100, 50), NOW))
                .isTrue();
        assertThat(store().claim(realm + "2", "limit\nsubject", alert(NOW, 100, 50), NOW))
                .isTrue();
    }

    @Test
    void ofManyAtOnceOneClaims() throws Exception {
        List<Callable<Boolean>> claims = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            claims.add(() -> claim(alert(NOW, 7, 80)));
        }
        int claimed = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> claim : threads.invokeAll(claims)) {
                claimed += claim.get() ? 1 : 0;
            }
        }
        assertThat(claimed).isEqualTo(1);
    }

    @Test
    void whatIsDueIsReadBackAsItWasAndTakenByOne() {
        BudgetAlert first = alert(NOW, 100, 50);
        BudgetAlert never = alert(NOW, 100, 80);
        assertThat(store().claim(realm, "a", first, NOW.plusSeconds(1))).isTrue();
        assertThat(store().claim(realm, "a", never, null)).isTrue();
        assertThat(store().due(realm, NOW, 9)).isEmpty();
        assertThat(store().due(realm + "x", NOW.plusSeconds(1), 9)).isEmpty();
        Pending pending = store().due(realm, NOW.plusSeconds(1), 9).getFirst();
        assertThat(pending.alert()).isEqualTo(first);
        assertThat(pending.attempts()).isZero();
        assertThat(store().take(pending, NOW.plusSeconds(60))).isTrue();
        assertThat(store().take(pending, NOW.plusSeconds(60))).isFalse();
        assertThat(store().due(realm, NOW.plusSeconds(59), 9)).isEmpty();
        // whoever took it died
        Pending again = store().due(realm, NOW.plusSeconds(60), 9).getFirst();
        assertThat(again.attempts()).isEqualTo(1);
        assertThat(store().take(again, NOW.plusSeconds(120))).isTrue();
        store().next(first.id(), NOW.plusSeconds(300));
        assertThat(store().due(realm, NOW.plusSeconds(300), 9)).hasSize(1);
        store().next(first.id(), null);
        assertThat(store().due(realm, NOW.plus(Duration.ofDays(9)), 9)).isEmpty();
        assertThat(store().claim(realm, "a", first, NOW)).isFalse();
    }

    @Test
    void whatIsDueIsReadInItsOrderAFewAtATime() {
        for (int i = 5; i > 0; i--) {
            assertThat(store().claim(realm, "o" + i, alert(NOW, i, 50), NOW.plusSeconds(i)))
                    .isTrue();
        }
        assertThat(store().due(realm, NOW.plusSeconds(9), 3))
                .extracting(p -> p.alert().amount())
                .containsExactly(1L, 2L, 3L);
    }

    @Test
    void alertsOfPeriodsThatNeverEndAreKept() {
        claim(alert(NOW, 100, 50));
        claim(alert(null, 100, 50));
        assertThat(store().purge(NOW.minusSeconds(1))).isZero();
        assertThat(store().purge(NOW.plusSeconds(1))).isPositive();
        assertThat(claim(alert(NOW, 100, 50))).isTrue();
        assertThat(claim(alert(null, 100, 50))).isFalse();
    }
}
