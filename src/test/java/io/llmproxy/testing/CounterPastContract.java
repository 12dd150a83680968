package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.PastUse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What counters are told of the time before them. */
public abstract class CounterPastContract extends CounterStressContract {
    private static PastUse.Part part(Instant until, long amount) {
        return new PastUse.Part(ChronoUnit.MICROS.between(Instant.EPOCH, until), amount);
    }

    private static PastUse past(Limit limit, long amount, PastUse.Part... parts) {
        return new PastUse(charge(limit, amount), List.of(parts));
    }

    private static Limit hour(LimitAlgorithm algorithm) {
        return limit("hour", LimitMetric.TOKENS, 100, LimitPeriod.HOUR, algorithm);
    }

    /** At half past, of six segments: what was used at the end of the first counts to the end of the hour, and so on. */
    @Test
    protected void ofASlidingWindowEachPartLeavesWithItsSegment() {
        Limit limit = hour(LimitAlgorithm.SLIDING_WINDOW);
        pass(Duration.ofMinutes(30));
        Instant now = now();
        PastUse past = past(
                limit,
                100,
                part(now.minus(Duration.ofMinutes(40)), 40),
                part(now.minus(Duration.ofMinutes(25)), 30),
                part(now.minus(Duration.ofMinutes(21)), 20),
                part(now, 10));
        // several processes say the same, and one of them a little later
        store().seed(past);
        store().seed(past);
        assertThat(used(limit)).isEqualTo(100);
        // the segment from 20 to 10 before the hour
        assertThat(((Denied) take(limit, 1)).waitSeconds()).isEqualTo(600);
        pass(Duration.ofMinutes(10).minusMillis(1));
        store().seed(past);
        assertThat(takes(limit, 1)).isFalse();
        pass(Duration.ofMillis(1));
        assertThat(used(limit)).isEqualTo(60);
        assertThat(takes(limit, 41)).isFalse();
        pass(Duration.ofMinutes(20));
        // and those from the hour to ten past it
        assertThat(used(limit)).isEqualTo(10);
        assertThat(takes(limit, 90)).isTrue();
        pass(Duration.ofMinutes(20));
        assertThat(used(limit)).isEqualTo(90);
    }

    @Test
    protected void whatIsCountedAlreadyIsNotCountedAgain() {
        Limit limit = hour(LimitAlgorithm.SLIDING_WINDOW);
        takes(limit, 30);
        pass(Duration.ofMinutes(10));
        takes(limit, 5);
        Instant now = now();
        store().seed(past(limit, 40, part(now, 30), part(now.plus(Duration.ofMinutes(1)), 10)));
        assertThat(used(limit)).isEqualTo(40);
        assertThat(takes(limit, 61)).isFalse();
        assertThat(takes(limit, 60)).isTrue();
    }

    @Test
    protected void whatWasBeforeThePeriodCountsForNothing() {
        Limit limit = hour(LimitAlgorithm.SLIDING_WINDOW);
        Instant now = now();
        store().seed(past(limit, 0, part(now.minus(Duration.ofMinutes(50)), 90)));
        assertThat(used(limit)).isZero();
        store().seed(past(limit, 90, part(now.minus(Duration.ofMinutes(50)).plusMillis(1), 90)));
        assertThat(used(limit)).isEqualTo(90);
        pass(Duration.ofMinutes(10));
        assertThat(used(limit)).isZero();
    }

    /** From where it is told to be it flows off at the limit's pace. */
    @Test
    protected void aBucketGoesOnFromItsLevel() {
        Limit limit = hour(LimitAlgorithm.TOKEN_BUCKET);
        store().seed(past(limit, 50));
        store().seed(past(limit, 50));
        assertThat(takes(limit, 51)).isFalse();
        assertThat(takes(limit, 50)).isTrue();
        pass(Duration.ofMinutes(30));
        assertThat(used(limit)).isEqualTo(50);
    }
}
