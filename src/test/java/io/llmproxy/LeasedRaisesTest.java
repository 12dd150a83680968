package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.once;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.testing.LeasedStores;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A limit that several processes share is raised while all of them hammer it, and each hears of that at another time. */
class LeasedRaisesTest {
    private static final int RAISES = 12;
    private static final long STEP = 40;

    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void noRaiseGrantsMoreThanItsAmount(int seed) {
        List<LeasedCounterStore> stores = List.of(processes.join(), processes.join(), processes.join());
        Limit total = limit("total", LimitMetric.REQUESTS, STEP, LimitPeriod.TOTAL);
        AtomicLongArray heard = new AtomicLongArray(stores.size());
        for (int i = 0; i < stores.size(); i++) {
            heard.set(i, STEP);
        }
        AtomicLong granted = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        Thread raising = Thread.ofVirtual().start(() -> raise(new Random(seed), granted, heard, over));
        LeasedStores.inThreads(2 * stores.size(), i -> {
            Random random = new Random(31L * seed + i);
            LeasedCounterStore store = stores.get(i % stores.size());
            while (!over.get()) {
                // some requests began before their process heard of the raise
                long now = heard.get(i % stores.size());
                long amount = now > STEP && random.nextInt(20) == 0 ? now - STEP : now;
                if (once(store, total.amount(amount), 1) instanceof Granted(var reservation)) {
                    if (random.nextInt(5) == 0) {
                        reservation.release();
                    } else {
                        granted.incrementAndGet();
                        reservation.settle(new ActualUse(0, 0, ActualUse.UNKNOWN));
                    }
                } else {
                    LockSupport.parkNanos(2_000_000);
                }
            }
        });
        join(raising);
        assertThat(granted.get()).isEqualTo(RAISES * STEP);
        await(() -> stores.stream().allMatch(s -> used(s, total.amount(RAISES * STEP)) == RAISES * STEP));
    }

    /** Raises whenever nothing is left, so often; then looks a while whether anybody gets more. */
    private static void raise(Random random, AtomicLong granted, AtomicLongArray heard, AtomicBoolean over) {
        try {
            for (int raises = 1; raises <= RAISES; raises++) {
                long amount = raises * STEP;
                for (int i : new int[] {random.nextInt(3), 0, 1, 2}) {
                    heard.accumulateAndGet(i, amount, Math::max);
                    LockSupport.parkNanos(random.nextLong(20_000_000));
                    assertThat(granted.get()).isLessThanOrEqualTo(amount);
                }
                // now and then while something is left
                long enough = random.nextBoolean() || raises == RAISES ? amount : amount - STEP / 4;
                await(() -> granted.get() >= enough);
                assertThat(granted.get()).isLessThanOrEqualTo(amount);
            }
            LockSupport.parkNanos(300_000_000);
        } finally {
            over.set(true);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
