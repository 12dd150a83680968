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
}
