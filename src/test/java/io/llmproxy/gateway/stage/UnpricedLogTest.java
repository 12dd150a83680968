package io.llmproxy.gateway.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class UnpricedLogTest {
    private final UnpricedLog log = new UnpricedLog();
    private Instant now = UsageRecords.T0;

    private boolean warns(String model, Cost cost) {
        return log.note(new UsageRecord(
                Ids.next(now),
                null,
                null,
                now,
                UsageRecords.caller(UsageRecords.TENANT, "acme"),
                UsageRecords.chat(model),
                UsageRecords.answered(TokenUsage.of(1, 1), cost)));
    }

    @Test
    void warnsOfEachModelOnceAnHour() {
        assertThat(warns("a", Cost.UNKNOWN)).isTrue();
        assertThat(warns("a", Cost.UNKNOWN)).isFalse();
        assertThat(warns("b", new Cost(1, Cost.State.PARTIAL, "p"))).isTrue();
        now = now.plus(Duration.ofMinutes(60));
        assertThat(warns("a", Cost.UNKNOWN)).isFalse();
        now = now.plusMillis(1);
        assertThat(warns("a", Cost.UNKNOWN)).isTrue();
        assertThat(warns("a", Cost.UNKNOWN)).isFalse();
    }

    @Test
    void saysNothingOfWhatHasItsPrice() {
        assertThat(warns("a", new Cost(0, Cost.State.PRICED, "p"))).isFalse();
        assertThat(warns("a", Cost.NOTHING)).isFalse();
    }

    @Test
    void remembersNoMoreModelsThanItsBoundHoweverManyClientsInvent() {
        int warned = 0;
        for (int i = 0; i < 10 * UnpricedLog.MAX; i++) {
            warned += warns("model-" + i, Cost.UNKNOWN) ? 1 : 0;
        }
        assertThat(warned).isEqualTo(UnpricedLog.MAX);
    }
}
