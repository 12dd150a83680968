package io.llmproxy.adapter.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

class WindowCounterTest {
    private static final int AMOUNT = 100_000;
    private static final long BEGINS = LimitPeriod.MINUTE.micros();

    /**
     * Threads that looked at the clock right before a window's end come late, and take the counter back into the window before;
     * what others take of the new one meanwhile must be there when that comes again.
     */
    @Test
    void lateTakersLoseNothingOfTheNextWindow() throws Exception {
        Limit limit = Limit.of(
                "minute",
                LimitScope.KEY,
                LimitMetric.REQUESTS,
                AMOUNT,
                LimitPeriod.MINUTE,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
        WindowCounter counter = new WindowCounter(limit, new Cells());
        Charge one = new Charge(limit, new CounterKey("minute", "ann"), 1);
        List<Future<Integer>> granted = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                granted.add(threads.submit(() -> taken(counter, one)));
            }
        }
        int sum = 0;
        for (Future<Integer> of : granted) {
            sum += of.get();
        }
        assertThat(sum).isEqualTo(AMOUNT);
        assertThat(counter.used(limit, BEGINS)).isEqualTo(AMOUNT);
    }

    /** How often it was granted in the next window, until that has no more. */
    private static int taken(WindowCounter counter, Charge one) {
        int granted = 0;
        while (true) {
            if (ThreadLocalRandom.current().nextInt(8) == 0) {
                counter.take(new Hold(one.limit(), one.amount(), counter), BEGINS - 1);
            }
            if (counter.take(new Hold(one.limit(), one.amount(), counter), BEGINS) != Counter.Outcome.TAKEN) {
                return granted;
            }
            granted++;
        }
    }
}
