package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sliding windows of as many segments as an operator may want. */
public abstract class CounterSegmentsContract extends CounterPastContract {
    private static Limit sliding(String id, long amount, LimitPeriod period, int segments) {
        Limit plain = limit(id, LimitMetric.TOKENS, amount, period, LimitAlgorithm.SLIDING_WINDOW);
        return new Limit(
                plain.id(),
                plain.tenantId(),
                plain.scope(),
                plain.subject(),
                plain.metric(),
                plain.amount(),
                plain.period(),
                plain.algorithm(),
                segments,
                plain.mode(),
                plain.origin(),
                plain.zone());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 10, 60})
    protected void anyNumberOfSegmentsAgreesWithASequentialModel(int segments) {
        for (int seed = 0; seed < histories(); seed++) {
            Random random = new Random(seed);
            LimitPeriod period = random.nextBoolean() ? LimitPeriod.MINUTE : LimitPeriod.HOUR;
            Limit limit = sliding("seed " + seed, 1L + random.nextInt(50), period, segments);
            assertAgreesWithItsDefinition(limit, random);
        }
    }

    /** What is taken half a second before the end of a minute counts until its segment has left the last minute. */
    @ParameterizedTest
    @CsvSource({"1,500", "2,30500", "6,50500", "10,54500", "60,59500"})
    protected void theShorterASegmentTheLongerCountsWhatIsTakenAtItsEnd(int segments, long millis) {
        Limit limit = sliding("tokens", 5, LimitPeriod.MINUTE, segments);
        pass(Duration.ofMillis(59_500));
        Granted granted = (Granted) take(limit, 5);
        assertThat(granted.reservation().grants().getFirst().resetSeconds()).isEqualTo(Math.ceilDiv(millis, 1000L));
        Denied denied = (Denied) take(limit, 1);
        assertThat(denied.waitSeconds()).isEqualTo(Math.ceilDiv(millis, 1000L));
        pass(Duration.ofMillis(millis - 1));
        assertThat(takes(limit, 1)).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(takes(limit, 5)).isTrue();
    }

    /** Of a minute with two parts in it the older one leaves first, and what is settled later counts where it was taken. */
    @ParameterizedTest
    @ValueSource(ints = {10, 60})
    protected void whatIsOlderLeavesFirst(int segments) {
        Limit limit = sliding("tokens", 100, LimitPeriod.MINUTE, segments);
        Granted old = (Granted) take(limit, 70);
        pass(Duration.ofSeconds(30));
        assertThat(takes(limit, 30)).isTrue();
        old.reservation().settle(new ActualUse(60, 0, ActualUse.UNKNOWN));
        assertThat(takes(limit, 11)).isFalse();
        assertThat(takes(limit, 10)).isTrue();
        pass(Duration.ofMillis(29_999));
        assertThat(takes(limit, 1)).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(used(limit)).isEqualTo(40);
        assertThat(takes(limit, 61)).isFalse();
        assertThat(takes(limit, 60)).isTrue();
    }

    @Test
    protected void anotherNumberOfSegmentsBeginsAnew() {
        for (int segments : new int[] {1, 60, 10}) {
            Limit limit = sliding("tokens", 5, LimitPeriod.HOUR, segments);
            assertThat(taken(limit, 9)).as("%d segments", segments).isEqualTo(5);
            assertThat(used(limit)).isEqualTo(5);
        }
    }
}
