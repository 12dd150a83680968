package io.llmproxy;

import static io.llmproxy.testing.LeasedStores.await;
import static io.llmproxy.testing.LeasedStores.charge;
import static io.llmproxy.testing.LeasedStores.inThreads;
import static io.llmproxy.testing.LeasedStores.limit;
import static io.llmproxy.testing.LeasedStores.slots;
import static io.llmproxy.testing.LeasedStores.takes;
import static io.llmproxy.testing.LeasedStores.used;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.testing.LeasedStores;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Limits that several processes share, under load. */
class LeasedLoadTest {
    private final LeasedStores processes = new LeasedStores();

    @AfterEach
    void tearDown() {
        processes.close();
    }

    @Test
    void fixedWindowsBeginAnewInAllProcesses() {
        LeasedCounterStore one = processes.join();
        LeasedCounterStore two = processes.join();
        Limit second = limit("second", LimitMetric.REQUESTS, 20, LimitPeriod.SECOND, LimitAlgorithm.FIXED_WINDOW);
        // by the book's clock, which both follow: each window's grants are counted by its number
        Map<Long, AtomicLong> windows = new ConcurrentHashMap<>();
        AtomicLong granted = new AtomicLong();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2500);
        inThreads(4, i -> {
            LeasedCounterStore store = i % 2 == 0 ? one : two;
            while (System.nanoTime() < end) {
                long before = store.clock().millis() / 1000;
                if (!takes(store, second, 1)) {
                    LockSupport.parkNanos(5_000_000);
                    continue;
                }
                granted.incrementAndGet();
                if (store.clock().millis() / 1000 == before) {
                    windows.computeIfAbsent(before, w -> new AtomicLong()).incrementAndGet();
                }
            }
        });
        assertThat(windows.values()).allSatisfy(n -> assertThat(n.get()).isLessThanOrEqualTo(20));
        assertThat(granted.get()).isGreaterThan(20);
    }

    @ParameterizedTest
    @EnumSource
    void neverGrantMoreThanTheLimitAndLeakNothing(LimitAlgorithm algorithm) {
        takeSettleOverrunAndRelease(algorithm, 45, 12);
    }

    @Tag("proof")
    @ParameterizedTest
    @EnumSource
    void neverGrantMoreThanTheLimitToAThousandThreads(LimitAlgorithm algorithm) {
        takeSettleOverrunAndRelease(algorithm, 1000, 30);
    }

    /** Three processes of many threads each. */
    private void takeSettleOverrunAndRelease(LimitAlgorithm algorithm, int threads, int rounds) {
        List<Limit> limits = List.of(
                limit("tokens", LimitMetric.TOKENS, 200L * threads, LimitPeriod.DAY, algorithm),
                limit("input", LimitMetric.INPUT_TOKENS, 125L * threads, LimitPeriod.DAY, algorithm),
                limit("requests", LimitMetric.REQUESTS, 4L * threads, LimitPeriod.DAY, algorithm),
                slots(30));
        List<LeasedCounterStore> stores = List.of(processes.join(), processes.join(), processes.join());
        AtomicLong tokens = new AtomicLong();
        AtomicLong input = new AtomicLong();
        AtomicLong requests = new AtomicLong();
        AtomicLong running = new AtomicLong();
        AtomicLong worst = new AtomicLong();
        inThreads(threads, i -> {
            Random random = new Random(i);
            LeasedCounterStore store = stores.get(i % 3);
            for (int n = 0; n < rounds; n++) {
                long most = 1L + random.nextInt(100);
                if (tried(store, limits, most) instanceof Granted(var reservation)) {
                    worst.accumulateAndGet(running.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    running.decrementAndGet();
                    if (random.nextInt(4) == 0) {
                        reservation.release();
                    } else {
                        long in = random.nextLong(most + 1);
                        long out = random.nextLong(most + 1 - in);
                        reservation.settle(new ActualUse(in, out, ActualUse.UNKNOWN));
                        tokens.addAndGet(in + out);
                        input.addAndGet(in);
                        requests.incrementAndGet();
                    }
                    reservation.release();
                }
            }
        });
        assertThat(requests.get()).isPositive();
        assertThat(worst.get()).isLessThanOrEqualTo(30);
        assertThat(tokens.get()).isLessThanOrEqualTo(200L * threads);
        assertThat(input.get()).isLessThanOrEqualTo(125L * threads);
        assertThat(requests.get()).isLessThanOrEqualTo(4L * threads);
        // buckets flow off meanwhile: a fraction of a thousandth
        long slack = algorithm == LimitAlgorithm.TOKEN_BUCKET ? threads : 0;
        for (LeasedCounterStore store : stores) {
            await(() -> Math.abs(used(store, limits.get(0)) - tokens.get()) <= slack
                    && Math.abs(used(store, limits.get(1)) - input.get()) <= slack
                    && Math.abs(used(store, limits.get(2)) - requests.get()) <= slack
                    && used(store, limits.get(3)) == 0);
        }
    }

    private static LimitDecision tried(LeasedCounterStore store, List<Limit> limits, long most) {
        return store.reserve(List.of(
                charge(limits.get(0), most),
                charge(limits.get(1), most),
                charge(limits.get(2), 1),
                charge(limits.get(3), 1)));
    }
}
