package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.drain;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.take;
import static io.llmproxy.testing.LeasedStores.takeTheRest;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.testing.LeasedStores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A limit that several processes share, and that counts in another way from now on. */
class LeasedChangesTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    @Test
    void anotherAlgorithmBeginsAnewAndGrantsNoMoreThanTheAmount() {
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Limit fixed = limit("day", LimitMetric.REQUESTS, 100, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        take(one, fixed, 10);
        take(two, fixed, 10);
        await(() -> used(one, fixed) == 20 && used(two, fixed) == 20);
        Limit sliding = limit("day", LimitMetric.REQUESTS, 100, LimitPeriod.DAY, LimitAlgorithm.SLIDING_WINDOW);
        take(one, sliding, 60);
        takeTheRest(60, 100, sliding, two);
        // whoever lacks something makes the others give back what they do not use, within a second
        for (int i = 0; i < 5; i++) {
            assertThat(drain(two, sliding)).isZero();
        }
        await(() -> used(one, sliding) == 100 && used(two, sliding) == 100);
    }
}
