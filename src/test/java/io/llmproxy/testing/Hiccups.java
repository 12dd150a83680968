package io.llmproxy.testing;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * How late the machine lets threads run while this is open: a bound on a single wait is to be wider by that, since nobody can be more
 * on time than the machine lets him.
 */
public final class Hiccups implements AutoCloseable {
    private static final long NAP = 1_000_000;

    private final AtomicLong system = new AtomicLong();
    private final AtomicLong light = new AtomicLong();
    private final List<Thread> threads;
    private volatile boolean over;

    public Hiccups() {
        threads = List.of(
                Thread.ofPlatform().daemon().start(() -> nap(system)),
                Thread.ofVirtual().start(() -> nap(light)));
    }

    private void nap(AtomicLong longest) {
        while (!over) {
            long began = System.nanoTime();
            LockSupport.parkNanos(NAP);
            long late = System.nanoTime() - began - NAP;
            longest.accumulateAndGet(late, Math::max);
        }
    }

    /** What a wait may be longer by that one thread of the system ends and a virtual one goes on from: each as late as any was. */
    public Duration longest() {
        return Duration.ofNanos(system.get() + light.get());
    }

    @Override
    public void close() {
        over = true;
        threads.forEach(LockSupport::unpark);
    }
}
