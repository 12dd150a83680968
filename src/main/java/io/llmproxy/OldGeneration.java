package io.llmproxy;

import io.llmproxy.runtime.Periodic;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Has the old generation of the heap collected when a third of what lies in it must be garbage. HotSpot's serial collector widens that
 * generation up to the bound of the heap before it looks for garbage there, so that a process which keeps 25 MB would take half of
 * the machine's memory after an hour of load: what the database has just written lives longer than a few young collections, and
 * dies there. Other collectors look by themselves, and are left alone.
 *
 * <p>A collection stops all threads for some 2 ms per MB that lives, which is what the share bounds: half as much anew must have come
 * as lived before. Waiting for as much again makes the heap wider than it is from the start where 45 MB live, as in a mix of streams
 * and short answers.
 */
final class OldGeneration implements AutoCloseable {
    /**
     * Used bytes below which nothing is collected: what the launcher's heap holds from the start, 68 MB, without what a second of full load
     * may bring until the next look. What goes beyond that makes the heap larger, and stays with the process for a while.
     */
    static final long FLOOR = 52L << 20;

    /** The serial collector's name of the pool; none of the others has it. */
    private static final String SERIAL_POOL = "Tenured Gen";

    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final LongSupplier used;
    private final LongSupplier lived;
    private final Runnable collection;
    private final Periodic watching;

    /**
     * @param used bytes that lie in the generation now
     * @param lived bytes of it that the last collection found alive, 0 before the first
     */
    OldGeneration(LongSupplier used, LongSupplier lived, Runnable collection) {
        this.used = used;
        this.lived = lived;
        this.collection = collection;
        this.watching = new Periodic(
                Thread.ofVirtual().name("old-generation"),
                PERIOD,
                this::look,
                "the heap cannot be looked at, and may grow to its bound; tried again");
    }

    /** That of this process, watched until it is closed; one of nothing, where another collector runs. */
    static OldGeneration ofThisProcess() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getName().equals(SERIAL_POOL))
                .findAny()
                .map(OldGeneration::watched)
                .orElseGet(() -> new OldGeneration(() -> 0, () -> 0, () -> {}));
    }

    private static OldGeneration watched(MemoryPoolMXBean pool) {
        OldGeneration watched =
                new OldGeneration(() -> bytes(pool.getUsage()), () -> bytes(pool.getCollectionUsage()), System::gc);
        watched.watching.start();
        return watched;
    }

    private static long bytes(@Nullable MemoryUsage usage) {
        return usage == null ? 0 : usage.getUsed();
    }

    /** One look: collects where it is due. */
    void look() {
        long alive = lived.getAsLong();
        if (used.getAsLong() > Math.max(FLOOR, alive + alive / 2)) {
            collection.run();
        }
    }

    @Override
    public void close() {
        watching.close();
    }
}
