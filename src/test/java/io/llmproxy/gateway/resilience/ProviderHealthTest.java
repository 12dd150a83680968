package io.llmproxy.gateway.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderHealthTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final long SECOND = 1_000_000_000L;
    private final ProviderHealth health = new ProviderHealth(ResilienceRules.DEFAULT);

    @Test
    void aFewRetriesAreAlwaysAllowedAndThenAShareOfWhatRuns() {
        for (int i = 0; i < 3; i++) {
            assertThat(health.beginRetry()).isTrue();
        }
        assertThat(health.beginRetry()).isFalse();
        for (int i = 0; i < 100; i++) {
            health.begin();
        }
        int more = 0;
        while (health.beginRetry()) {
            more++;
        }
        assertThat(more).as("of 100 calls 20 may be retries").isEqualTo(17);
        health.endRetry();
        assertThat(health.beginRetry()).isTrue();
    }

    @Test
    void modelsBeyondTheMostAreJudgedTogether() {
        for (int i = 0; i < 10 * ProviderHealth.MOST_MODELS; i++) {
            health.of("model-" + i);
        }
        assertThat(health.models()).hasSizeLessThanOrEqualTo(ProviderHealth.MOST_MODELS + 1);
        assertThat(health.of("one-more")).isSameAs(health.of("another"));
        assertThat(health.of("model-1")).isSameAs(health.of("model-1")).isNotSameAs(health.of("model-2"));
    }

    @Test
    void latencyIsAMeanThatFadesWhenNobodyMeasures() {
        TargetHealth target = health.of("m");
        assertThat(target.latency(true, SECOND)).isZero();
        target.answered(true, SECOND, 100_000_000);
        assertThat(target.latency(true, SECOND)).isEqualTo(100_000_000);
        target.answered(true, SECOND, 200_000_000);
        assertThat(target.latency(true, SECOND))
                .as("one of a millisecond counts")
                .isEqualTo(100_000_000);
        target.answered(true, SECOND + 1_000_000, 200_000_000);
        assertThat(target.latency(true, SECOND))
                .as("asked by one who was there before")
                .isEqualTo(120_000_000);
        assertThat(target.latency(true, 121 * SECOND)).isLessThan(10_000_000).isPositive();
        assertThat(target.latency(false, SECOND)).as("what else is known").isEqualTo(120_000_000);
    }

    @Test
    void aRestIsBounded() {
        TargetHealth target = health.of("m");
        target.rest(SECOND, Long.MAX_VALUE);
        assertThat(target.available(null, 2 * SECOND)).isFalse();
        assertThat(target.available(null, 62 * SECOND)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "5,5",
        "0,0",
        "-1,0",
        "1.5,0",
        "soon,0",
        "'',0",
        "99999999999999999999,86400",
        "'Thu, 01 Jan 2026 00:00:07 GMT',7",
        "'Wed, 31 Dec 2025 00:00:07 GMT',0",
        "'Fri, 01 Jan 2027 00:00:00 GMT',86400",
        "'Thu, 99 Jan 2026 00:00:07 GMT',0"
    })
    void retryAfterIsReadAsSecondsOrADate(String value, long seconds) {
        assertThat(RetryAfter.of(HeaderFields.of("Retry-After", value), NOW)).isEqualTo(Duration.ofSeconds(seconds));
        assertThat(RetryAfter.of(new HeaderFields(), NOW)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "8600,9,8600",
        "20,,20",
        "0.4,,1",
        "1500.0,9,1500",
        "0,9,9000",
        "-5,9,9000",
        "1.2.3,9,9000",
        "soon,9,9000",
        "'',9,9000",
        "99999999999999999999,9,86400000",
        "999999999,9,86400000"
    })
    void millisecondsAreTheFinerWord(String millis, @Nullable String seconds, long expected) {
        HeaderFields head = HeaderFields.of("retry-after-ms", millis);
        if (seconds != null) {
            head.add("Retry-After", seconds);
        }
        assertThat(RetryAfter.of(head, NOW)).isEqualTo(Duration.ofMillis(expected));
    }

    @Test
    void pausesDoubleAndDifferAndEnd() {
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            assertThat(Backoff.nanos(0, random)).isBetween(50_000_000L, 100_000_000L);
            assertThat(Backoff.nanos(2, random)).isBetween(200_000_000L, 400_000_000L);
            assertThat(Backoff.nanos(50, random)).isBetween(SECOND, 2 * SECOND);
        }
        assertThat(Backoff.nanos(3, random)).isNotEqualTo(Backoff.nanos(3, random));
    }
}
