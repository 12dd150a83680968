package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.Reservation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The invariant of every store of counters, under a thousand threads. */
public abstract class CounterStressContract extends CounterWaitsContract {
    private static final int THREADS = 1000;
    private static final int TRIES = 20;

    /**
     * What is seen of one limit beside its counter. What was granted is added when the store has granted it, and what is given back
     * is taken off before the store hears of it; an overrun is added when the store has heard of it. So what was held at a grant, and
     * overrun before it was asked for, was surely counted when it was granted.
     */
    private static final class Seen {
        private final Limit limit;
        /** What is reserved, and what of the reservations that have ended was used. */
        private final AtomicLong held = new AtomicLong();

        /** What was used beyond the reservations. */
        private final AtomicLong overrun = new AtomicLong();

        /** The most that was held and overrun at a grant. */
        private final AtomicLong peak = new AtomicLong();

        private final AtomicLong refused = new AtomicLong();

        Seen(Limit limit) {
            this.limit = limit;
        }

        long used() {
            return held.get() + overrun.get();
        }
    }

    /** What a thread takes of one limit. */
    private record Taking(Seen seen, long amount) {
        /** By how much the use passes what is taken; negative: so much is given back. */
        long delta(ActualUse use) {
            return use.of(seen.limit.metric(), amount) - amount;
        }

        /** @param overrun before it was asked for */
        void granted(long overrun) {
            seen.peak.accumulateAndGet(seen.held.addAndGet(amount) + overrun, Math::max);
        }
    }

    /** A thousand threads that take, settle, overrun and release, each once more than it may; beside them the sweeper. */
    @ParameterizedTest
    @EnumSource
    protected void neverGrantsMoreThanTheLimitAndLeaksNothing(LimitAlgorithm algorithm) throws InterruptedException {
        Seen tokens = new Seen(limit("tokens", LimitMetric.TOKENS, 50_000, LimitPeriod.DAY, algorithm));
        Seen input = new Seen(limit("input", LimitMetric.INPUT_TOKENS, 30_000, LimitPeriod.MINUTE, algorithm));
        Seen requests = new Seen(requests(2_000, LimitPeriod.HOUR, algorithm));
        Seen running =
                new Seen(limit("running", LimitMetric.CONCURRENCY, 20, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW));
        List<Seen> all = List.of(tokens, input, requests, running);
        // each limit by itself too, so that none is used up first and hides the others
        List<List<Seen>> kinds = List.of(all, List.of(tokens), List.of(input), List.of(requests), List.of(running));
        Queue<String> faults = new ConcurrentLinkedQueue<>();
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            List<Seen> kind = kinds.get(i % kinds.size());
            threads.add(Thread.ofVirtual().start(() -> {
                await(go);
                for (int n = 0; n < TRIES; n++) {
                    take(kind, random, faults);
                }
            }));
        }
        Map<String, Limit> limits = all.stream().map(s -> s.limit).collect(Collectors.toMap(Limit::id, l -> l));
        go.countDown();
        for (Thread thread : threads) {
            tidy(limits);
            thread.join();
        }
        assertThat(faults).isEmpty();
        for (Seen seen : all) {
            String which = seen.limit.id();
            assertThat(seen.peak.get()).as("held at a grant of " + which).isBetween(1L, seen.limit.amount());
            assertThat(seen.refused.get()).as("refusals for " + which).isPositive();
            assertThat(used(seen.limit)).as("used of " + which).isEqualTo(seen.used());
        }
        assertThat(tokens.overrun.get()).isPositive();
        assertThat(input.overrun.get()).isPositive();
        assertThat(requests.used()).isPositive();
        assertThat(running.used()).isZero();
    }

    private void take(List<Seen> kind, Random random, Queue<String> faults) {
        long most = 1L + random.nextInt(100);
        List<Taking> takings = kind.stream()
                .map(s -> new Taking(s, s.limit.metric().tokens() ? most : 1))
                .toList();
        long[] overrun = takings.stream().mapToLong(t -> t.seen.overrun.get()).toArray();
        LimitDecision decision = store().reserve(takings.stream()
                .map(t -> charge(t.seen.limit, t.amount))
                .toList());
        switch (decision) {
            case Granted(Reservation reservation) -> {
                for (int i = 0; i < overrun.length; i++) {
                    takings.get(i).granted(overrun[i]);
                }
                LockSupport.parkNanos(1); // others come in between
                end(takings, reservation, most, random, faults);
                long again = reservation.settle(new ActualUse(1_000_000, 0, ActualUse.UNKNOWN));
                reservation.release();
                if (again != 0) {
                    faults.add("settled twice: " + again);
                }
            }
            case Denied denied ->
                kind.stream()
                        .filter(s -> s.limit.id().equals(denied.limit().id()))
                        .forEach(s -> s.refused.incrementAndGet());
        }
    }

    private static void end(
            List<Taking> takings, Reservation reservation, long most, Random random, Queue<String> faults) {
        if (random.nextInt(4) == 0) {
            takings.forEach(t -> t.seen.held.addAndGet(-t.amount));
            reservation.release();
            return;
        }
        ActualUse use = use(most, random);
        takings.forEach(t -> t.seen.held.addAndGet(Math.min(0, t.delta(use))));
        long reported = reservation.settle(use);
        takings.forEach(t -> t.seen.overrun.addAndGet(Math.max(0, t.delta(use))));
        long expected = takings.stream()
                .filter(t -> t.seen.limit.metric().tokens())
                .mapToLong(t -> Math.max(0, t.delta(use)))
                .max()
                .orElse(0);
        if (Math.max(0, reported) != expected) {
            faults.add("overrun by " + expected + ", reported " + reported + ", of " + most + " used " + use);
        }
    }

    /** Mostly at most as much as was reserved. */
    private static ActualUse use(long most, Random random) {
        if (random.nextInt(8) == 0) {
            return new ActualUse(most + random.nextInt(50), 1L + random.nextInt(50), ActualUse.UNKNOWN);
        }
        long input = random.nextLong(most + 1);
        return new ActualUse(input, random.nextLong(most + 1 - input), ActualUse.UNKNOWN);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
