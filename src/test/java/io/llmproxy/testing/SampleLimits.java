package io.llmproxy.testing;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import java.time.ZoneOffset;

/** Limits for tests that want one of a kind. */
public final class SampleLimits {
    private SampleLimits() {}

    /** Five requests of each user in the period, or at one time; its id is {@code soft-HOUR} or the like. */
    public static Limit of(LimitMode mode, LimitPeriod period) {
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
}
