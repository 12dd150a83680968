package io.llmproxy.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.gateway.PassedLimits;
import io.llmproxy.testing.SampleLimits;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PassedLimitLogTest {
    @Test
    void theSentenceTellsLimitAmountAndCount() {
        Limit shadow = SampleLimits.of(LimitMode.SHADOW, LimitPeriod.HOUR);
        assertThat(PassedLimitLog.sentence(new PassedLimits.Passed(shadow, "ann\n", 3), id -> null))
                .startsWith("event 6104: the shadow limit shadow-HOUR (user, 5 requests per hour) would have refused 3")
                .doesNotContain("\n");
        assertThat(PassedLimitLog.sentence(
                        new PassedLimits.Passed(SampleLimits.of(LimitMode.SOFT, LimitPeriod.NONE), CounterKey.ONE, 1),
                        id -> null))
                .startsWith("event 6103: the soft limit soft-NONE (user, 5 concurrency) was passed by 1 request;");
    }

    @Test
    void theSubjectIsToldAsPeopleKnowItAndByItsId() {
        UUID ann = UUID.fromString("01994b3c-7d2e-7000-8000-000000000000");
        PassedLimits.Passed passed =
                new PassedLimits.Passed(SampleLimits.of(LimitMode.SHADOW, LimitPeriod.HOUR), ann, 1);
        assertThat(PassedLimitLog.sentence(passed, id -> id.equals(ann) ? "ann@acme.example" : "nobody"))
                .contains("1 request, the last one of `ann@acme.example` (" + ann + "); served");
        assertThat(PassedLimitLog.sentence(passed, id -> null)).contains("the last one of `" + ann + "`; served");
    }
}
