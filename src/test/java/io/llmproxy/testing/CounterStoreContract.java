package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every store of counters does, whatever it is made of; time is what the test says. */
public abstract class CounterStoreContract extends CounterCalendarContract {
    @Test
    protected void tellsOfAThousandLimitsAtOnceWhatItTellsOfEach() {
        List<LimitAlgorithm> algorithms = List.of(LimitAlgorithm.values());
        List<Limit> limits = new ArrayList<>();
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            LimitAlgorithm algorithm = algorithms.get(i % algorithms.size());
            Limit limit = limit("one" + i, LimitMetric.REQUESTS, 5000, LimitPeriod.HOUR, algorithm);
            limits.add(limit);
            if (i % 10 != 0) {
                charges.add(charge(limit, i));
            }
        }
        assertThat(store().reserve(charges)).isInstanceOf(Granted.class);
        Map<CounterKey, Long> used = store().used(limits);
        assertThat(used.values().stream().filter(n -> n > 0)).hasSize(900);
        charges.forEach(c -> assertThat(used).as(c.key().toString()).containsEntry(c.key(), c.amount()));
        for (Limit limit : limits.subList(1, 5)) {
            assertThat(used).containsAllEntriesOf(store().used(limit));
        }
    }

    @ParameterizedTest
    @EnumSource
    protected void grantsTheAmountAndNoMore(LimitAlgorithm algorithm) {
        assertThat(taken(requests(7, LimitPeriod.MINUTE, algorithm), 20)).isEqualTo(7);
        assertThat(taken(requests(7, LimitPeriod.DAY, algorithm), 20)).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource
    protected void grantsTheAmountAgainAPeriodLater(LimitAlgorithm algorithm) {
        Limit limit = requests(7, LimitPeriod.MINUTE, algorithm);
        taken(limit, 20);
        pass(Duration.ofMinutes(1));
        assertThat(taken(limit, 20)).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource
    protected void whatItSaysOfWaitingIsTrue(LimitAlgorithm algorithm) {
        Limit limit = requests(60, LimitPeriod.MINUTE, algorithm);
        pass(Duration.ofSeconds(13));
        taken(limit, 60);
        Denied denied = (Denied) take(limit, 1);
        assertThat(denied.waitSeconds()).isBetween(1L, 60L);
        pass(Duration.ofSeconds(denied.waitSeconds()));
        assertThat(takes(limit, 1)).isTrue();
    }

    /** Each algorithm against its definition, computed from the list of all that was granted. */
    @ParameterizedTest
    @EnumSource
    protected void agreesWithASequentialModel(LimitAlgorithm algorithm) {
        for (int seed = 0; seed < histories(); seed++) {
            Random random = new Random(seed);
            long amount = 1L + random.nextInt(50);
            LimitPeriod period = random.nextBoolean() ? LimitPeriod.MINUTE : LimitPeriod.HOUR;
            Limit limit = limit("seed " + seed, LimitMetric.TOKENS, amount, period, algorithm);
            assertAgreesWithItsDefinition(limit, random);
        }
    }

    @ParameterizedTest
    @EnumSource
    protected void settlesToWhatWasUsed(LimitAlgorithm algorithm) {
        Limit limit = limit("tokens", LimitMetric.TOKENS, 1000, LimitPeriod.DAY, algorithm);
        Granted granted = (Granted) take(limit, 800);
        assertThat(takes(limit, 300)).isFalse();
        assertThat(granted.reservation().settle(new ActualUse(100, 50, ActualUse.UNKNOWN)))
                .isLessThanOrEqualTo(0);
        granted.reservation().release();
        assertThat(used(limit)).isEqualTo(150);
        assertThat(takes(limit, 850)).isTrue();
        assertThat(takes(limit, 1)).isFalse();
    }

    @Test
    protected void aPartIsGivenBackAloneAndTheRestIsSettled() {
        Limit first = limit("first", LimitMetric.TOKENS, 1000, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        Limit second = limit("second", LimitMetric.REQUESTS, 10, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        Limit third = limit("third", LimitMetric.TOKENS, 1000, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        Granted granted = (Granted) store().reserve(List.of(charge(first, 800), charge(second, 1), charge(third, 800)));

        granted.reservation().release(limit -> !limit.id().equals("third"));

        assertThat(used(first)).isZero();
        assertThat(used(second)).isZero();
        assertThat(used(third)).isEqualTo(800);
        assertThat(granted.reservation().grants())
                .extracting(g -> g.limit().id())
                .containsExactly("third");
        granted.reservation().settle(new ActualUse(100, 50, ActualUse.UNKNOWN));
        granted.reservation().release(limit -> true);
        assertThat(used(first)).isZero();
        assertThat(used(second)).isZero();
        assertThat(used(third)).isEqualTo(150);
    }

    @ParameterizedTest
    @EnumSource
    protected void countsAnOverrunTruly(LimitAlgorithm algorithm) {
        Limit limit = limit("tokens", LimitMetric.TOKENS, 1000, LimitPeriod.DAY, algorithm);
        Granted granted = (Granted) take(limit, 800);
        assertThat(granted.reservation().settle(new ActualUse(2000, 500, ActualUse.UNKNOWN)))
                .isEqualTo(1700);
        assertThat(used(limit)).isEqualTo(2500);
        assertThat(takes(limit, 1)).isFalse();
        Granted nothing = (Granted) take(limit, 0);
        assertThat(nothing.reservation().grants()).as("what takes nothing").noneMatch(Grant::passed);
    }

    @ParameterizedTest
    @EnumSource
    protected void aReservationThatOutlivesItsPeriodGivesNothingToTheNext(LimitAlgorithm algorithm) {
        Limit limit = limit("tokens", LimitMetric.TOKENS, 1000, LimitPeriod.MINUTE, algorithm);
        Granted granted = (Granted) take(limit, 1000);
        pass(Duration.ofMinutes(1));
        assertThat(takes(limit, 700)).isTrue();
        granted.reservation().settle(new ActualUse(300, 0, ActualUse.UNKNOWN));
        assertThat(takes(limit, 301)).isFalse();
    }

    @Test
    protected void takesOfAllLimitsOrOfNone() {
        Limit wide = requests(100, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        Limit narrow = limit("narrow", LimitMetric.TOKENS, 10, LimitPeriod.DAY, LimitAlgorithm.TOKEN_BUCKET);
        Limit tight = limit("tight", LimitMetric.TOKENS, 5, LimitPeriod.MINUTE, LimitAlgorithm.SLIDING_WINDOW);
        LimitDecision decision = store().reserve(List.of(charge(wide, 1), charge(narrow, 6), charge(tight, 6)));
        assertThat(decision)
                .isInstanceOfSatisfying(Denied.class, d -> assertThat(d.limit()).isEqualTo(tight));
        assertThat(used(wide) + used(narrow) + used(tight)).isZero();
    }

    @Test
    protected void concurrencyIsGivenBack() {
        Limit limit = limit("running", LimitMetric.CONCURRENCY, 2, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        Granted first = (Granted) take(limit, 1);
        assertThat(takes(limit, 1)).isTrue();
        assertThat(takes(limit, 1)).isFalse();
        first.reservation().settle(new ActualUse(5, 5, ActualUse.UNKNOWN));
        assertThat(takes(limit, 1)).isTrue();
        assertThat(takes(limit, 1)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    protected void aRaisedLimitHoldsAtOnceAndALoweredOneToo(LimitAlgorithm algorithm) {
        Limit limit = requests(5, LimitPeriod.HOUR, algorithm);
        taken(limit, 9);
        assertThat(taken(with(limit, 8), 9)).isEqualTo(3);
        assertThat(taken(with(limit, 2), 9)).isZero();
        assertThat(taken(with(limit, Limit.MAX_AMOUNT), 9)).isEqualTo(9);
    }

    @Test
    protected void anotherAlgorithmBeginsAnew() {
        Limit limit = requests(5, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        taken(limit, 9);
        assertThat(taken(requests(5, LimitPeriod.HOUR, LimitAlgorithm.TOKEN_BUCKET), 9))
                .isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource(names = {"SOFT", "SHADOW"})
    protected void softLimitsCountAndGrant(LimitMode mode) {
        Limit hard = requests(1, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        Limit soft = new Limit(
                hard.id(),
                null,
                hard.scope(),
                null,
                hard.metric(),
                1,
                hard.period(),
                hard.algorithm(),
                6,
                mode,
                hard.origin(),
                hard.zone());
        assertThat(((Granted) take(soft, 1)).reservation().grants().getFirst().passed())
                .isFalse();
        assertThat(((Granted) take(soft, 1)).reservation().grants().getFirst().passed())
                .isTrue();
        assertThat(used(soft)).isEqualTo(2);
    }

    @Test
    protected void daysBeginAtMidnightOfTheZone() {
        Limit day = requests(1, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW).in(ZoneId.of("Asia/Tokyo"));
        assertThat(takes(day, 1)).isTrue();
        assertThat(((Denied) take(day, 1)).waitSeconds())
                .isEqualTo(Duration.ofHours(3).toSeconds());
        pass(Duration.ofHours(3));
        assertThat(takes(day, 1)).isTrue();
    }

    @Test
    protected void totalsNeverComeBack() {
        Limit total = requests(1, LimitPeriod.TOTAL, LimitAlgorithm.FIXED_WINDOW);
        assertThat(takes(total, 1)).isTrue();
        pass(Duration.ofDays(4000));
        tidy(Map.of(total.id(), total));
        assertThat(((Denied) take(total, 1)).waitSeconds()).isZero();
    }

    @Test
    protected void seedsAreTheLeastThatCounts() {
        Limit day = limit("day", LimitMetric.TOKENS, 100, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        takes(day, 10);
        store().seed(charge(day, 95));
        assertThat(takes(day, 6)).isFalse();
        store().seed(charge(day, 3));
        assertThat(used(day)).isEqualTo(95);
        store().reset(day);
        assertThat(takes(day, 100)).isTrue();
    }
}
