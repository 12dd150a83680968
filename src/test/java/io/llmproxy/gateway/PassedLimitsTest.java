package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PassedLimitsTest {
    private final PassedLimits passed = new PassedLimits();
    private Instant now = Instant.parse("2026-11-20T12:00:30Z");

    private static Limit limit(LimitMode mode, LimitPeriod period) {
        LimitMetric metric = period == LimitPeriod.NONE ? LimitMetric.CONCURRENCY : LimitMetric.REQUESTS;
        return new Limit(
                mode.word() + "-" + period.name(),
                null,
                LimitScope.USER,
                null,
                metric,
                5,
                period,
                LimitAlgorithm.FIXED_WINDOW,
                Limit.DEFAULT_SEGMENTS,
                mode,
                LimitOrigin.ADMIN,
                ZoneOffset.UTC);
    }

    private List<PassedLimits.Passed> due(Limit... inForce) {
        Map<String, Limit> all =
                java.util.Arrays.stream(inForce).collect(java.util.stream.Collectors.toMap(Limit::id, l -> l));
        return passed.due(all, now);
    }

    @Test
    void saysALimitOnceInItsPeriodWithAllThatPassedSince() {
        Limit hour = limit(LimitMode.SOFT, LimitPeriod.HOUR);
        assertThat(due(hour)).isEmpty();
        passed.note(hour, "ann");
        assertThat(due(hour)).containsExactly(new PassedLimits.Passed(hour, "ann", 1));
        passed.note(hour, "ann");
        passed.note(hour, "bob");
        assertThat(due(hour)).isEmpty();
        now = now.plus(Duration.ofMinutes(59));
        assertThat(due(hour)).isEmpty();
        now = now.plus(Duration.ofMinutes(1));
        assertThat(due(hour)).containsExactly(new PassedLimits.Passed(hour, "bob", 2));
        now = now.plus(Duration.ofHours(1));
        assertThat(due(hour)).isEmpty();
    }

    @Test
    void shortPeriodsAndNoneAreSaidOnceAMinute() {
        for (LimitPeriod period : new LimitPeriod[] {LimitPeriod.SECOND, LimitPeriod.NONE}) {
            Limit limit = limit(LimitMode.SHADOW, period);
            passed.note(limit, "ann");
            assertThat(due(limit)).hasSize(1);
            passed.note(limit, "ann");
            now = now.plusSeconds(20);
            assertThat(due(limit)).isEmpty();
            now = now.plusSeconds(40);
            assertThat(due(limit)).hasSize(1);
        }
    }

    @Test
    void countsSoftAndShadowApartAndEachSubject() {
        Limit soft = limit(LimitMode.SOFT, LimitPeriod.DAY);
        Limit shadow = limit(LimitMode.SHADOW, LimitPeriod.DAY);
        passed.note(soft, "ann");
        passed.note(shadow, "ann");
        passed.note(shadow, "ann");
        assertThat(passed.soft()).isEqualTo(1);
        assertThat(passed.shadow()).isEqualTo(2);
        assertThat(passed.of(new CounterKey(shadow.id(), "ann"))).isEqualTo(2);
        assertThat(passed.of(new CounterKey(shadow.id(), "bob"))).isZero();
        assertThat(passed.of(new CounterKey("another", "ann"))).isZero();
    }

    @Test
    void subjectsThatClientsMakeUpAreBoundedAndCountedForTheLimit() {
        Limit shadow = limit(LimitMode.SHADOW, LimitPeriod.DAY);
        for (int i = 0; i < PassedLimits.SUBJECTS + 500; i++) {
            passed.note(shadow, new CounterKey.Model("model " + i));
        }
        long known = 0;
        for (int i = 0; i < PassedLimits.SUBJECTS + 500; i++) {
            known += passed.of(new CounterKey(shadow.id(), new CounterKey.Model("model " + i)));
        }
        assertThat(known).isEqualTo(PassedLimits.SUBJECTS);
        assertThat(due(shadow).getFirst().requests()).isEqualTo(PassedLimits.SUBJECTS + 500);
    }

    @Test
    void aLimitThatIsGoneIsForgotten() {
        Limit soft = limit(LimitMode.SOFT, LimitPeriod.DAY);
        passed.note(soft, "ann");
        assertThat(due()).isEmpty();
        assertThat(passed.of(new CounterKey(soft.id(), "ann"))).isZero();
        assertThat(passed.soft()).isEqualTo(1);
    }
}
