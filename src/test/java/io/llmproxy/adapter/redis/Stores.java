package io.llmproxy.adapter.redis;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.testing.Hiccups;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Makes stores for tests. */
final class Stores {
    private Stores() {}

    /** Counts by the test's time, and waits for Redis as long as a slow machine may take. */
    static RedisCounterStore byTime(String url, InstantSource time) {
        RedisCounterStore store = new RedisCounterStore(
                settings(url, false),
                new MemoryCounterStore(time),
                InstantSource.system(),
                () -> ChronoUnit.MICROS.between(Instant.EPOCH, time.instant()),
                true,
                Duration.ofSeconds(30));
        store.start();
        return store;
    }

    /** By the server's time, and waits for Redis as long as a slow machine may take. */
    static RedisCounterStore patient(String url) {
        InstantSource clock = InstantSource.system();
        RedisCounterStore store = new RedisCounterStore(
                settings(url, false),
                new MemoryCounterStore(clock),
                clock,
                () -> clock.millis() * 1000,
                false,
                Duration.ofSeconds(30));
        store.start();
        return store;
    }

    /** As in service. */
    static RedisCounterStore inService(String url, boolean refuse) {
        RedisCounterStore store = new RedisCounterStore(
                settings(url, refuse), new MemoryCounterStore(InstantSource.system()), InstantSource.system());
        store.start();
        return store;
    }

    static RedisCounterStore.Settings settings(String url, boolean refuse) {
        return new RedisCounterStore.Settings(RedisAddress.of(url, null), refuse, "acme");
    }

    /** No request waits longer, on a machine that was so late meanwhile. */
    static Duration patience(Hiccups hiccups) {
        return RedisLine.PATIENCE.plusMillis(25).plus(hiccups.longest().multipliedBy(2));
    }

    static void awaitUp(RedisCounterStore store) {
        await(() -> store.standing().fault() == null);
    }

    static void awaitAway(RedisCounterStore store) {
        await(() -> store.standing().fault() != null);
    }

    /** Until it is so, for a minute at most. */
    static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("it did not come to be within a minute");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
