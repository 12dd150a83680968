package io.llmproxy.gateway.live;

import io.llmproxy.port.EndedRequest;
import io.llmproxy.port.RequestListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests that ended off their threads: those only put a reference into a queue, which one thread empties some times a second.
 * The queue is bounded; what comes while it is full is dropped and counted. Nothing is put there while nobody wants it.
 */
public final class RequestFeed implements RequestListener, AutoCloseable {
    /** How many wait at most: some 10 MB. */
    static final int MOST = 16_384;

    private static final Logger LOG = System.getLogger(RequestFeed.class.getName());
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(2);
    private static final Duration LATELY = Duration.ofMinutes(10);
    private static final int AT_ONCE = 512;

    private volatile @Nullable Consumer<List<EndedRequest>> access;
    private final LiveBoard board;
    private final Queue<EndedRequest> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();
    private final Thread thread = Thread.ofVirtual().name("request-feed").unstarted(this::run);
    private volatile boolean closed;
    private volatile long droppedAt;
    // of the thread alone
    private long droppedToldOf;

    /** @param access writes the access lines of some requests; null: there are none */
    public RequestFeed(@Nullable Consumer<List<EndedRequest>> access, LiveBoard board) {
        this.access = access;
        this.board = board;
    }

    /** Another writer of access lines from now on; null: none. */
    public void access(@Nullable Consumer<List<EndedRequest>> writer) {
        access = writer;
    }

    public void start() {
        thread.start();
    }

    @Override
    public boolean listening() {
        return access != null || board.wanted();
    }

    @Override
    public void ended(EndedRequest request) {
        if (waiting.get() >= MOST) {
            dropped.increment();
            return;
        }
        waiting.incrementAndGet();
        queue.add(request);
    }

    /** Requests that nobody was told of since the start, as more ended than could be told. */
    public long dropped() {
        return dropped.sum();
    }

    /** What is wrong and what to do; null: no access line was dropped within the last ten minutes. */
    public @Nullable String fault() {
        boolean lately = droppedAt != 0 && System.nanoTime() - droppedAt < LATELY.toNanos();
        return lately
                ? "access lines are dropped, " + dropped()
                        + " since the start, as the log is slower than requests come:"
                        + " give it a faster disk, or set log.access to errors"
                : null;
    }

    private void run() {
        while (!closed) {
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                break; // closed
            }
            tellAll();
        }
        tellAll();
    }

    private void tellAll() {
        try {
            List<EndedRequest> some = next();
            while (!some.isEmpty()) {
                if (board.wanted()) {
                    board.add(some);
                }
                Consumer<List<EndedRequest>> writer = access;
                if (writer != null) {
                    writer.accept(some);
                }
                some = next();
            }
            tellOfDropped();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "ended requests could not be told to the access log", e);
        }
    }

    private List<EndedRequest> next() {
        List<EndedRequest> some = new ArrayList<>();
        while (some.size() < AT_ONCE) {
            EndedRequest one = queue.poll();
            if (one == null) {
                break;
            }
            some.add(one);
        }
        waiting.addAndGet(-some.size());
        return some;
    }

    private void tellOfDropped() {
        long all = dropped.sum();
        if (access != null && all > droppedToldOf) {
            LOG.log(
                    Level.WARNING,
                    "event 6202: access lines were dropped, as the log is slower than requests come: "
                            + (all - droppedToldOf));
            droppedAt = System.nanoTime();
        }
        droppedToldOf = all;
    }

    /** What ended is told, within two seconds. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            if (thread.isAlive()) {
                thread.join(CLOSE_BOUND);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
