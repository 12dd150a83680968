package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.StoreException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NearLimitsTest {
    private static final long SECOND = 1_000_000_000;

    private final Map<String, Limit> inForce = new TreeMap<>();
    private final Slow counters = new Slow();
    private final NearLimits limits =
            new NearLimits(new LiveLimits(() -> inForce, counters, id -> null), () -> counters.now);

    /** Tells of each limit a hundredth of its number, and takes its time. */
    private static final class Slow implements CounterStore {
        private long now = 5 * SECOND;
        private long takes;
        private int asked;
        private boolean away;

        @Override
        public Map<CounterKey, Long> used(Collection<Limit> all) {
            asked++;
            now += takes;
            if (away) {
                throw new StoreException.Away("away", new IllegalStateException());
            }
            Map<CounterKey, Long> used = new HashMap<>();
            all.forEach(l -> used.put(new CounterKey(l.id(), CounterKey.ONE), Long.parseLong(l.id())));
            return used;
        }

        @Override
        public Map<CounterKey, Long> used(Limit limit) {
            throw new AssertionError("asked for one");
        }

        @Override
        public LimitDecision reserve(List<Charge> charges) {
            throw new AssertionError("took something");
        }

        @Override
        public void reset(Limit limit) {
            throw new AssertionError("reset");
        }

        @Override
        public void seed(PastUse past) {
            throw new AssertionError("seeded");
        }
    }

    private void limits(int count) {
        for (int i = 0; i < count; i++) {
            Limit limit = Limit.of(
                    String.valueOf(i),
                    LimitScope.TENANT,
                    LimitMetric.REQUESTS,
                    10_000,
                    LimitPeriod.HOUR,
                    LimitAlgorithm.FIXED_WINDOW,
                    LimitOrigin.ADMIN);
            inForce.put(limit.id(), limit);
        }
    }

    @Test
    void thousandsOfLimitsAreOneQuestionASecond() {
        limits(5000);
        assertThat(limits.nearest())
                .hasSize(NearLimits.MOST)
                .first()
                .satisfies(n -> assertThat(n.used()).isEqualTo(4999));
        limits.nearest();
        assertThat(counters.asked).isEqualTo(1);
        counters.now += SECOND + 1;
        limits.nearest();
        assertThat(counters.asked).isEqualTo(2);
    }

    @Test
    void whatTakesLongIsAskedForATenthOfTheTime() {
        limits(1);
        counters.takes = 2 * SECOND;
        limits.nearest();
        counters.now += 17 * SECOND;
        limits.nearest();
        assertThat(counters.asked).isEqualTo(1);
        counters.now += 2 * SECOND;
        limits.nearest();
        assertThat(counters.asked).isEqualTo(2);
    }

    @Test
    void countersThatAreAwayTellNothing() {
        limits(3);
        counters.away = true;
        assertThat(limits.nearest()).isEmpty();
    }
}
