package io.llmproxy.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.PassedLimits;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class PassedLimitLogTest {
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

    @Test
    void theSentenceTellsLimitAmountAndCount() {
        Limit shadow = limit(LimitMode.SHADOW, LimitPeriod.HOUR);
        assertThat(PassedLimitLog.sentence(new PassedLimits.Passed(shadow, "ann\n", 3)))
                .startsWith("event 6104: the shadow limit shadow-HOUR (user, 5 requests per hour) would have refused 3")
                .doesNotContain("\n");
        assertThat(PassedLimitLog.sentence(
                        new PassedLimits.Passed(limit(LimitMode.SOFT, LimitPeriod.NONE), CounterKey.ONE, 1)))
                .startsWith("event 6103: the soft limit soft-NONE (user, 5 concurrency) was passed by 1 request;");
    }
}
