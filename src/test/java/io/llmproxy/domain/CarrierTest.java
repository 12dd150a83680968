package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    void workInTheBackgroundPausesForAFewRequestsOnly() throws Exception {
        FutureTask<List<Long>> virtual = new FutureTask<>(() -> {
            Carrier.yieldToOthers(Integer.MAX_VALUE);
            return List.of(
                    shortest(() -> Carrier.yieldToOthers(Integer.MAX_VALUE)),
                    shortest(() -> Carrier.yieldToOthers(1)),
                    shortest(() -> {})); // nobody came since the last pause
        });
        Thread.startVirtualThread(virtual);
        List<Long> shortest = virtual.get();
        assertThat(shortest.get(0)).isLessThan(100_000);
        assertThat(shortest.get(1)).isGreaterThanOrEqualTo(200_000);
        assertThat(shortest.get(2)).isLessThan(100_000);
    }

    @Test
    void aThreadOfTheSystemNeverPauses() {
        assertThat(shortest(() -> Carrier.yieldToOthers(1))).isLessThan(100_000);
    }

    /** The crowd's work: requests; work in the background that nobody was served beside; the same beside many. */
    @ParameterizedTest
    @ValueSource(strings = {"requests", "background", "background-beside-many"})
    void whoComesAnewHasATurnWhereOthersOnlyYield(String work) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djdk.virtualThreadScheduler.parallelism=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Crowd.class.getName(),
                        work)
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(Long.parseLong(said.strip())).as("ms until a new thread ran").isLessThan(Crowd.LASTS.toMillis() / 2);
    }

    /** One carrier, and threads that always have what they wait for when their turn comes; prints how long a new one waits, in ms. */
    static final class Crowd {
        static final Duration LASTS = Duration.ofSeconds(10);

        private Crowd() {}

        public static void main(String[] arguments) throws InterruptedException {
            long end = System.nanoTime() + LASTS.toNanos();
            AtomicBoolean over = new AtomicBoolean();
            if (arguments[0].equals("requests")) {
                for (int i = 0; i < 64; i++) {
                    Thread.startVirtualThread(() -> serve(end, over));
                }
            } else {
                boolean many = arguments[0].equals("background-beside-many");
                Thread.startVirtualThread(() -> compute(many, end, over));
            }
            Thread.sleep(500);
            long begin = System.nanoTime();
            CountDownLatch served = new CountDownLatch(1);
            Thread.startVirtualThread(served::countDown);
            served.await();
            System.out.println((System.nanoTime() - begin) / 1_000_000);
            over.set(true);
        }

        private static void compute(boolean many, long end, AtomicBoolean over) {
            if (many) {
                Carrier.yieldToOthers(Integer.MAX_VALUE);
            }
            while (!over.get() && System.nanoTime() < end) {
                work(100_000);
                Carrier.giveWay();
            }
        }

        private static void work(long nanos) {
            long until = System.nanoTime() + nanos;
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
        }

        private static void serve(long end, AtomicBoolean over) {
            while (!over.get() && System.nanoTime() < end) {
                long asked = System.nanoTime();
                Carrier.yieldToOthers(Integer.MAX_VALUE);
                long early = asked + 20_000 - System.nanoTime(); // the other side takes 20 us
                if (early > 0) {
                    LockSupport.parkNanos(early);
                }
                work(20_000);
            }
        }
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
