package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CarrierTest {
    @Test
    void returnsWhetherManyAreServedOrNone() throws InterruptedException {
        for (int serving : new int[] {0, Integer.MAX_VALUE}) {
            int threads = 1000;
            CountDownLatch over = new CountDownLatch(threads);
            for (int i = 0; i < threads; i++) {
                Thread.startVirtualThread(() -> {
                    Carrier.yieldToOthers(serving);
                    over.countDown();
                });
            }
            assertThat(over.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void workInTheBackgroundPausesForAFewRequestsOnly() {
        Carrier.yieldToOthers(Integer.MAX_VALUE);
        assertThat(shortest(() -> Carrier.yieldToOthers(Integer.MAX_VALUE))).isLessThan(100_000);
        assertThat(shortest(() -> Carrier.yieldToOthers(1))).isGreaterThanOrEqualTo(200_000);
        // nobody came since the last pause
        assertThat(shortest(() -> {})).isLessThan(100_000);
    }

    /** Of many, since a busy machine makes each of them longer and none of them shorter. */
    private static long shortest(Runnable before) {
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 200; i++) {
            before.run();
            long begin = System.nanoTime();
            Carrier.giveWay();
            shortest = Math.min(shortest, System.nanoTime() - begin);
        }
        return shortest;
    }
}
