package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which of several limits that refuse a request is told, and for how long: the one before which no other try is worth it. */
public abstract class CounterWaitsContract extends CountersUnderTest {
    private static final Limit HOUR = fixed("hour", LimitPeriod.HOUR);
    private static final Limit MINUTE = fixed("minute", LimitPeriod.MINUTE);
    private static final Limit DAY = fixed("day", LimitPeriod.DAY);
    private static final Limit TOTAL = fixed("total", LimitPeriod.TOTAL);

    private static Limit fixed(String id, LimitPeriod period) {
        return limit(id, LimitMetric.REQUESTS, 4, period, LimitAlgorithm.FIXED_WINDOW);
    }

    private static Limit mode(Limit limit, LimitMode mode) {
        return new Limit(
                limit.id(),
                limit.tenantId(),
                limit.scope(),
                limit.subject(),
                limit.metric(),
                limit.amount(),
                limit.period(),
                limit.algorithm(),
                limit.segments(),
                mode,
                limit.origin(),
                limit.zone());
    }

    private static List<Charge> charges(long amount, Limit... limits) {
        return Arrays.stream(limits).map(limit -> charge(limit, amount)).toList();
    }

    private void useUp(Limit... limits) {
        assertThat(store().reserve(charges(4, limits))).isInstanceOf(Granted.class);
    }

    private Denied denied(Limit... limits) {
        return (Denied) store().reserve(charges(1, limits));
    }

    private static void assertTold(Denied denied, Limit limit, long seconds) {
        assertThat(denied.limit()).isEqualTo(limit);
        assertThat(denied.waitSeconds()).isEqualTo(seconds);
    }

    private static Stream<Arguments> pairs() {
        return Arrays.stream(LimitAlgorithm.values())
                .flatMap(one -> Arrays.stream(LimitAlgorithm.values()).map(other -> Arguments.of(one, other)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    protected void theLongestWaitIsTold(LimitAlgorithm ofSecond, LimitAlgorithm ofHour) {
        Limit second = limit("second", LimitMetric.REQUESTS, 4, LimitPeriod.SECOND, ofSecond);
        Limit hour = limit("hour", LimitMetric.TOKENS, 4, LimitPeriod.HOUR, ofHour);
        pass(Duration.ofSeconds(13));
        useUp(second, hour);
        long alone = denied(hour).waitSeconds();
        assertThat(alone).isBetween(600L, 3600L);

        Denied denied = denied(second, hour);
        assertTold(denied, hour, alone);
        assertThat(denied.asked()).isEqualTo(1);
        assertThat(denied.remaining()).isZero();
        assertThat(denied.first()).isEqualTo(second);
        assertThat(denied.all()).extracting(Refusal::limit).containsExactly(second, hour);
        assertThat(denied.all()).extracting(Refusal::waitSeconds).containsExactly(1L, alone);

        Denied otherwise = denied(hour, second);
        assertTold(otherwise, hour, alone);
        assertThat(otherwise.first()).isEqualTo(hour);

        pass(Duration.ofSeconds(alone));
        assertThat(store().reserve(charges(1, second, hour))).isInstanceOf(Granted.class);
    }

    @Test
    protected void ofManyTheLongestWaitIsTold() {
        useUp(MINUTE, HOUR, DAY);
        pass(Duration.ofSeconds(13));
        Denied denied = denied(MINUTE, DAY, HOUR);
        assertTold(denied, DAY, Duration.ofHours(12).toSeconds() - 13);
        assertThat(denied.all()).extracting(Refusal::limit).containsExactly(MINUTE, DAY, HOUR);
        assertThat(denied.all()).extracting(Refusal::waitSeconds).containsExactly(47L, 43_187L, 3_587L);
        assertThat(used(MINUTE) + used(HOUR) + used(DAY)).isEqualTo(12);
    }

    @Test
    protected void whatHasRoomIsNotTold() {
        useUp(MINUTE, HOUR);
        assertThat(store().reserve(charges(3, DAY))).isInstanceOf(Granted.class);
        Denied both = denied(MINUTE, DAY, HOUR);
        assertThat(both.all()).extracting(Refusal::limit).containsExactly(MINUTE, HOUR);
        pass(Duration.ofMinutes(1));
        Denied one = denied(MINUTE, DAY, HOUR);
        assertThat(one.all()).extracting(Refusal::limit).containsExactly(HOUR);
        assertTold(one, HOUR, 3_540);
    }

    @Test
    protected void ofThoseThatAreOverTogetherTheFirstIsTold() {
        Limit tokens = limit("tokens", LimitMetric.TOKENS, 4, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        useUp(HOUR, tokens);
        assertTold(denied(HOUR, tokens), HOUR, 3_600);
        assertTold(denied(tokens, HOUR), tokens, 3_600);
    }

    /** It has room never again: that is longer than anything. */
    @Test
    protected void totalsAreToldBeforeAllThatComesBack() {
        useUp(MINUTE, TOTAL, DAY);
        assertTold(denied(MINUTE, TOTAL, DAY), TOTAL, 0);
        assertTold(denied(TOTAL, MINUTE), TOTAL, 0);
        pass(Duration.ofDays(1));
        assertTold(denied(MINUTE, TOTAL, DAY), TOTAL, 0);
    }

    /** Nobody knows when a slot is free; it is worth a try in a second, unless something else refuses for longer. */
    @ParameterizedTest
    @EnumSource
    protected void slotsAreToldWhereNothingElseRefuses(LimitAlgorithm algorithm) {
        Limit running = limit("running", LimitMetric.CONCURRENCY, 4, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        Limit hour = limit("hour", LimitMetric.REQUESTS, 4, LimitPeriod.HOUR, algorithm);
        useUp(running);
        assertTold(denied(running, hour), running, 1);
        useUp(hour);
        assertTold(denied(running, hour), hour, denied(hour).waitSeconds());
        assertTold(denied(hour, running), hour, denied(hour).waitSeconds());
    }

    /** A request that is larger than a limit is told how long that lasts as any other; it is not even met before. */
    @Test
    protected void whatNeverFitsRefusesToo() {
        useUp(MINUTE);
        List<Charge> charges = List.of(charge(MINUTE, 1), charge(HOUR, 5));
        Denied large = (Denied) store().reserve(charges);
        assertTold(large, HOUR, 3_600);
        assertThat(large.asked()).isEqualTo(5);
        assertThat(large.remaining()).isEqualTo(4);
        useUp(DAY);
        assertTold((Denied) store().reserve(List.of(charge(HOUR, 5), charge(DAY, 1))), DAY, 43_200);
        assertThat(used(HOUR)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    protected void whatNeverFitsIsToldTheSameAsWhereItIsAlone(LimitAlgorithm algorithm) {
        Limit second = limit("second", LimitMetric.REQUESTS, 4, LimitPeriod.SECOND, LimitAlgorithm.SLIDING_WINDOW);
        Limit tokens = limit("tokens", LimitMetric.TOKENS, 4, LimitPeriod.HOUR, algorithm);
        useUp(second, tokens);
        Denied alone = (Denied) take(tokens, 50);
        Denied both = (Denied) store().reserve(List.of(charge(second, 1), charge(tokens, 50)));
        assertThat(both.longest()).isEqualTo(alone.longest());
        assertThat(both.waitSeconds()).isEqualTo(3_600);
    }

    @ParameterizedTest
    @EnumSource(names = {"SOFT", "SHADOW"})
    protected void whatRefusesNobodyIsNotWaitedFor(LimitMode mode) {
        Limit passed = mode(DAY, mode);
        Limit total = mode(TOTAL, mode);
        useUp(passed, total, MINUTE);
        assertThat(store().reserve(charges(1, passed, total))).isInstanceOf(Granted.class);
        for (Denied denied : List.of(denied(MINUTE, passed, total), denied(passed, total, MINUTE))) {
            assertTold(denied, MINUTE, 60);
            assertThat(denied.all()).hasSize(1);
        }
    }

    @Test
    protected void whatIsRefusedByManyTakesNothing() {
        useUp(MINUTE, HOUR);
        Limit room = limit("room", LimitMetric.REQUESTS, 10, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        denied(room, MINUTE, HOUR);
        assertThat(used(room)).isZero();
        assertThat(used(MINUTE)).isEqualTo(4);
        assertThat(used(HOUR)).isEqualTo(4);
    }
}
