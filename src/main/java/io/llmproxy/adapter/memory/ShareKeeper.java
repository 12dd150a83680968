package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.LimitLeases.Ask;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Talks to the common book for all shares of a process, in one virtual thread: at once where a request lacks something or a share is
 * half used, else twice a second, to be heard of, to say what was used, and to give back what lies idle or others lack.
 */
final class ShareKeeper implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ShareKeeper.class.getName());
    private static final long TICK = Duration.ofMillis(500).toNanos();
    private static final int BATCH = 500;
    private static final int BATCHES = 20;
    private static final int TELL_ALONE = 20;
    private static final Duration STOPPING = Duration.ofSeconds(5);

    private final LimitLeases book;
    private final BookLine line;
    private final ShareTerms terms;
    private final Map<CounterKey, Share> shares;
    private final LongSupplier nanos;
    private final ConcurrentLinkedQueue<Share> asking = new ConcurrentLinkedQueue<>();
    /** Held while the book is talked to. */
    private final ReentrantLock talking = new ReentrantLock();

    /** One of the system's: requests wait some 50 ms for what it brings, and each of its statements would wait for a carrier. */
    private final Thread thread =
            Thread.ofPlatform().daemon().name("limit-shares").unstarted(this::run);

    private volatile CompletableFuture<Void> round = new CompletableFuture<>();
    private volatile boolean stopped;
    private Set<String> strangers = Set.of();
    private int ticks;

    ShareKeeper(LimitLeases book, BookLine line, ShareTerms terms, Map<CounterKey, Share> shares, LongSupplier nanos) {
        this.book = book;
        this.line = line;
        this.terms = terms;
        this.shares = shares;
        this.nanos = nanos;
    }

    void start() {
        talk(List.of());
        thread.start();
    }

    void want(Share share) {
        asking.add(share);
        LockSupport.unpark(thread);
    }

    /** Waits for an answer to what the share asked for; false: there is none in time, or the book is away. */
    boolean await(Share share, long deadline) {
        while (share.queued()) {
            CompletableFuture<Void> next = round;
            if (!share.queued()) {
                return true;
            }
            if (line.broken()) {
                return false;
            }
            try {
                next.get(Math.max(0, deadline - nanos.getAsLong()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return !share.queued();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return true;
    }

    private void run() {
        long next = nanos.getAsLong() + TICK;
        while (!stopped) {
            long now = nanos.getAsLong();
            boolean tick = now - next >= 0;
            if (!tick && (asking.isEmpty() || line.broken())) {
                LockSupport.parkNanos(this, next - now);
                continue;
            }
            if (tick) {
                next = now + TICK;
            }
            talk(tick ? idle() : List.of());
        }
    }

    /** Asks for all that want more, and says what these have to say. */
    private void talk(Collection<Share> more) {
        talking.lock();
        try {
            Set<Share> batch = new LinkedHashSet<>(more); // an idle one may want more meanwhile
            for (int i = 0; i < BATCHES; i++) {
                for (Share share = asking.poll(); share != null; share = asking.poll()) {
                    if (shares.get(share.key()) == share) {
                        batch.add(share);
                    } else {
                        share.dropped();
                    }
                }
                List<Share> part = batch.stream().limit(BATCH).toList();
                part.forEach(batch::remove);
                boolean answered = exchange(part);
                if (!answered || batch.isEmpty()) {
                    batch.forEach(this::later);
                    return;
                }
            }
            batch.forEach(this::later);
        } finally {
            talking.unlock();
        }
    }

    private void later(Share share) {
        if (share.queued()) {
            asking.add(share);
        }
    }

    private boolean exchange(List<Share> part) {
        try {
            boolean answered = line.exchange(part);
            if (!answered) {
                part.forEach(this::later);
            }
            return answered;
        } finally {
            CompletableFuture<Void> done = round;
            round = new CompletableFuture<>();
            done.complete(null);
        }
    }

    /** Those that have something to say, or to give back. */
    private List<Share> idle() {
        ticks++;
        List<Share> speaking = new ArrayList<>();
        for (Share share : shares.values()) {
            if (!share.queued() && terms.speaks(share, line.processes() == 1, ticks % TELL_ALONE == 0)) {
                speaking.add(share);
            }
        }
        return speaking;
    }

    /** Lets a limit begin anew everywhere. */
    void reset(Limit limit) {
        talking.lock();
        try {
            line.reset(limit);
        } finally {
            talking.unlock();
        }
    }

    /** So much was used already, by all. */
    void know(Share share, PastUse past) {
        talking.lock();
        try {
            if (past.charge().amount() > share.known()) {
                share.past = past;
            }
            share.ask();
        } finally {
            talking.unlock();
        }
    }

    /** Drops the shares of limits that were gone at the last call too. */
    void forget(Map<String, Limit> limits) {
        Set<String> unknown = new HashSet<>();
        for (Share share : shares.values()) {
            String id = share.limit().id();
            if (!limits.containsKey(id)) {
                unknown.add(id);
                share.gone |= strangers.contains(id);
            }
        }
        strangers = unknown;
    }

    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
        try {
            thread.join(STOPPING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        talking.lock();
        try {
            leave();
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "what this process holds of shared limits cannot be given back; it counts as used for its periods",
                    e);
        } finally {
            talking.unlock();
        }
    }

    private void leave() {
        List<Ask> last = new ArrayList<>();
        for (Share share : shares.values()) {
            share.leaving = true;
            share.gone |= share.limit().metric() == LimitMetric.CONCURRENCY;
            last.add(terms.ask(share, true));
            if (last.size() == BATCH) {
                book.exchange(last);
                last.clear();
            }
        }
        book.leave(last);
    }
}
