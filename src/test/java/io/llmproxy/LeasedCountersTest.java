package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.charge;
import static io.llmproxy.testing.LeasedStores.drain;
import static io.llmproxy.testing.LeasedStores.drained;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.once;
import static io.llmproxy.testing.LeasedStores.slots;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takeTheRest;
import static io.llmproxy.testing.LeasedStores.takes;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.testing.LeasedStores;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits that several processes on one PostgreSQL share: taken, settled, changed. */
class LeasedCountersTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    @Test
    void oneProcessAloneUsesAllOfALimit() {
        LeasedCounterStore one = processes.join();
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        for (int i = 0; i < 1000; i++) {
            take(one, day, 1);
        }
        assertThat(takes(one, day, 1)).isFalse();
        assertThat(used(one, day)).isEqualTo(1000);
    }

    @ParameterizedTest
    @EnumSource
    void twoProcessesUseALimitUpTogetherAndNoMore(LimitAlgorithm algorithm) {
        Limit limit = limit("limit", LimitMetric.REQUESTS, 300, LimitPeriod.DAY, algorithm);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        long taken = drained(limit, one, two);
        assertThat(taken).isLessThanOrEqualTo(300);
        takeTheRest(taken, 300, limit, one, two);
        await(() -> used(one, limit) == 300 && used(two, limit) == 300);
        assertThat(((Denied) once(one, limit, 1)).remaining()).isZero();
    }

    @Test
    void whatOneHoldsAndDoesNotUseComesToTheOther() {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = processes.join();
        take(one, day, 100);
        LeasedCounterStore two = processes.join();
        await(() -> takes(two, day, 900));
        assertThat(takes(one, day, 1)).isFalse();
        assertThat(takes(two, day, 1)).isFalse();
    }

    @Test
    void whatIsSettledOrReleasedComesBackForAll() {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Granted all = take(one, day, 1000);
        assertThat(takes(two, day, 1)).isFalse();
        all.reservation().settle(new ActualUse(100, 50, ActualUse.UNKNOWN));
        await(() -> takes(two, day, 850));
        assertThat(takes(one, day, 1)).isFalse();
    }

    @Test
    void anOverrunIsCountedForAll() {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Granted some = take(one, day, 100);
        some.reservation().settle(new ActualUse(990, 0, ActualUse.UNKNOWN));
        await(() -> used(two, day) == 990);
        assertThat(takes(two, day, 11)).isFalse();
        await(() -> takes(two, day, 10));
    }

    /** What was used beyond the amount and is given back is not there for the next: less than that may be left. */
    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void anOverrunMakesTheAmountNoLarger(int other) {
        Limit day = limit("day", LimitMetric.TOKENS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        take(two, day, other);
        Granted first = take(one, day, 600);
        Granted second = take(one, day, 300);
        first.reservation().settle(new ActualUse(900, 0, ActualUse.UNKNOWN));
        await(() -> used(one, day) == 1200 + other && used(two, day) == 1200 + other);
        second.reservation().settle(new ActualUse(0, 0, ActualUse.UNKNOWN));
        int left = 100 - other;
        assertThat(takes(one, day, left + 1)).isFalse();
        takeTheRest(0, left, day, one);
        assertThat(drain(two, day)).isZero();
    }

    /** By the limit's pace, though neither process may use anything until then. */
    @Test
    void anOverrunOfABucketFlowsOffWhereverItWas() {
        Limit bucket = limit("bucket", LimitMetric.TOKENS, 100, LimitPeriod.SECOND, LimitAlgorithm.TOKEN_BUCKET);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Granted first = take(one, bucket, 10);
        Granted second = take(two, bucket, 10);
        first.reservation().settle(new ActualUse(300, 0, ActualUse.UNKNOWN));
        second.reservation().settle(new ActualUse(300, 0, ActualUse.UNKNOWN));
        await(() -> takes(one, bucket, 10));
        await(() -> takes(two, bucket, 10));
    }

    @Test
    void whatTheLedgerKnowsOfTheTimeBeforeCountsOnce() {
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        one.seed(charge(day, 600));
        two.seed(charge(day, 600));
        takeTheRest(drained(day, one, two), 400, day, one, two);
    }

    /** For what is refused before its body is received. */
    @Test
    void whatThisProcessHasUsedUpIsKnownWithoutTakingAnything() {
        Limit running = slots(2);
        LeasedCounterStore one = processes.join();
        Granted first = take(one, running, 1);
        assertThat(one.refusal(List.of(charge(running, 1)))).isNull();
        take(one, running, 1);
        Denied denied = one.refusal(List.of(charge(running, 1)));
        assertThat(denied).isNotNull().extracting(Denied::limit).isEqualTo(running);
        assertThat(used(one, running)).isEqualTo(2);
        LeasedCounterStore two = processes.join();
        assertThat(two.refusal(List.of(charge(running, 1))))
                .as("taking alone tells what others hold")
                .isNull();
        assertThat(takes(two, running, 1)).isFalse();
        first.reservation().release();
        assertThat(one.refusal(List.of(charge(running, 1)))).isNull();
    }

    @Test
    void ofADividedLimitEachProcessKnowsWhenItsPartIsUsedUp() {
        Limit address = Limit.of(
                "address",
                LimitScope.IP,
                LimitMetric.REQUESTS,
                10,
                LimitPeriod.DAY,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        await(() -> one.processes() == 2 && two.processes() == 2);
        assertThat(drain(one, address)).isEqualTo(5);
        assertThat(one.refusal(List.of(charge(address, 1)))).isNotNull();
        assertThat(two.refusal(List.of(charge(address, 1)))).isNull();
    }

    @Test
    void softLimitsRefuseNobodyAndCountForAll() {
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Limit soft = limit("soft", LimitMetric.REQUESTS, 10, LimitPeriod.DAY).soft();
        for (int i = 0; i < 8; i++) {
            assertThat(take(one, soft, 1).reservation().grants().getFirst().passed())
                    .isFalse();
        }
        await(() ->
                ((Granted) once(two, soft, 1)).reservation().grants().getFirst().passed());
        await(() -> used(one, soft) > 10);
    }

    @Test
    void aLoweredLimitHoldsForWhatIsHeldAlready() {
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Limit day = limit("day", LimitMetric.REQUESTS, 1000, LimitPeriod.DAY);
        take(one, day, 20);
        take(two, day, 20);
        Limit lower = day.amount(50);
        assertThat(drained(lower, one, two)).isLessThanOrEqualTo(10);
        Limit raised = day.amount(60);
        await(() -> takes(one, raised, 10));
    }

    @Test
    void aResetReachesTheOtherProcesses() {
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Limit day = limit("day", LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
        takeTheRest(drain(one, day) + drain(two, day), 100, day, one, two);
        two.reset(day);
        await(() -> used(one, day) == 0 && used(two, day) == 0);
        takeTheRest(drain(two, day) + drain(one, day), 100, day, one, two);
    }

    @Test
    void aDeletedLimitIsForgotten() {
        LeasedCounterStore one = processes.join();
        Limit day = limit("day", LimitMetric.REQUESTS, 100, LimitPeriod.DAY);
        take(one, day, 100);
        one.sweep(Map.of());
        one.sweep(Map.of());
        await(() -> used(one, day) == 0);
    }
}
