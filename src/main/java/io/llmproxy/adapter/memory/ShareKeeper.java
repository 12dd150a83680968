package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.LimitLeases.Ask;
import io.llmproxy.port.LimitLeases.Place;
import io.llmproxy.port.LimitLeases.Round;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
import org.jspecify.annotations.Nullable;

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
    private final ShareTerms terms;
    private final MemoryCounterStore memory;
    private final Map<CounterKey, Share> shares;
    private final BookClock clock;
    private final LongSupplier nanos;
    private final Set<String> begunAnew;
    private final Map<String, Long> resets;
    private final ConcurrentLinkedQueue<Share> asking = new ConcurrentLinkedQueue<>();
    /** Held while the book is talked to. */
    private final ReentrantLock talking = new ReentrantLock();
    /** Held for a moment by who gives a share all of a limit, and to end that. */
    private final ReentrantLock widening = new ReentrantLock();

    private final Thread thread = Thread.ofVirtual().name("limit-shares").unstarted(this::run);
    private volatile CompletableFuture<Void> round = new CompletableFuture<>();
    private volatile int processes = 1;
    private volatile long validUntil;
    private volatile @Nullable StoreException fault;
    private volatile Instant since = Instant.EPOCH;
    private volatile boolean stopped;
    private volatile boolean alone;
    private Set<String> strangers = Set.of();
    private int ticks;

    /** @param sent when the process joined, by the steady counter */
    ShareKeeper(
            LimitLeases book,
            MemoryCounterStore memory,
            Map<CounterKey, Share> shares,
            BookClock clock,
            LongSupplier nanos,
            Set<String> begunAnew,
            LimitLeases.Start start,
            long sent) {
        this.book = book;
        this.terms = new ShareTerms(memory, shares, nanos);
        this.memory = memory;
        this.shares = shares;
        this.clock = clock;
        this.nanos = nanos;
        this.begunAnew = begunAnew;
        this.resets = new HashMap<>(start.resets());
        this.validUntil = sent + lease();
        this.since = start.now();
    }

    /** A tenth less than the book's, for whatever delays a thread between looking at the clock and taking. */
    private long lease() {
        return book.lease().toNanos() / 10 * 9;
    }

    void start() {
        talk(List.of());
        thread.start();
    }

    void want(Share share) {
        asking.add(share);
        LockSupport.unpark(thread);
    }

    int processes() {
        return processes;
    }

    /** Whether what this process holds is its no more. */
    boolean lapsed() {
        return nanos.getAsLong() - validUntil > 0;
    }

    Instant since() {
        return since;
    }

    @Nullable
    String fault() {
        return fault == null
                ? null
                : alone()
                        ? "limits cannot be taken from the database; this process was alone, and goes on with all of them"
                        : "limits that are shared with other processes cannot be taken from the database: what this"
                                + " process holds of them is used up, then requests are refused";
    }

    /** Whether the book is away and nobody else was known to share limits: all of each limit is this process's own. */
    boolean alone() {
        return alone;
    }

    /** Waits for an answer to what the share asked for; false: there is none in time, or the book is away. */
    boolean await(Share share, long deadline) {
        while (share.queued()) {
            CompletableFuture<Void> next = round;
            if (!share.queued()) {
                return true;
            }
            if (fault != null) {
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
            if (!tick && (asking.isEmpty() || fault != null)) {
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
        if (fault != null && !probed()) {
            part.forEach(this::later);
            return false;
        }
        long sent = nanos.getAsLong();
        if (lapsed()) {
            shares.values().forEach(terms::lower);
        }
        List<Ask> asks = part.stream().map(s -> terms.ask(s, false)).toList();
        try {
            Round answer = book.exchange(asks);
            clock.set(answer.now());
            processes = answer.processes();
            hear(answer);
            for (int i = 0; i < asks.size(); i++) {
                terms.apply(part.get(i), asks.get(i), answer.given().get(i));
            }
            validUntil = sent + lease();
            return true;
        } catch (RuntimeException e) {
            away(e);
            part.forEach(this::later);
            return false;
        } finally {
            CompletableFuture<Void> done = round;
            round = new CompletableFuture<>();
            done.complete(null);
        }
    }

    private void away(RuntimeException e) {
        if (fault == null) {
            since = clock.instant();
            LOG.log(Level.WARNING, "what other processes hold of limits cannot be told", e);
        }
        fault = e instanceof StoreException known ? known : new StoreException("taking shares of limits failed", e);
        if (processes == 1 && !alone) {
            alone = true;
            shares.values().forEach(terms::widen);
        }
    }

    /**
     * Whether the book answers again, asked before anything is taken back: what this process gave itself while it was alone ends
     * first, and then it takes its shares, in which all counts that it has used.
     */
    private boolean probed() {
        try {
            Round answer = book.exchange(List.of());
            clock.set(answer.now());
            processes = answer.processes();
            hear(answer);
        } catch (RuntimeException e) {
            away(e);
            return false;
        }
        boolean wide = endAlone();
        fault = null;
        since = clock.instant();
        if (wide || lapsed()) {
            shares.values().forEach(terms::lower);
        }
        shares.values().forEach(Share::ask);
        LOG.log(Level.INFO, "limits are shared with other processes again");
        return true;
    }

    /** All of a limit that was met, or changed, while this process is alone. */
    void widen(Share share) {
        widening.lock();
        try {
            if (alone) {
                terms.widen(share);
            }
        } finally {
            widening.unlock();
        }
    }

    /** Nothing is widened any more when it returns. */
    private boolean endAlone() {
        widening.lock();
        try {
            boolean was = alone;
            alone = false;
            return was;
        } finally {
            widening.unlock();
        }
    }

    private void hear(Round answer) {
        answer.resets().forEach((id, number) -> {
            if (!number.equals(resets.put(id, number))) {
                shares.values().stream()
                        .map(Share::limit)
                        .filter(l -> l.id().equals(id))
                        .findFirst()
                        .ifPresent(this::begin);
                begunAnew.add(id);
            }
        });
        if (!answer.wanted().isEmpty()) {
            Set<Place> wanted = new HashSet<>(answer.wanted());
            shares.values().forEach(s -> {
                if (wanted.contains(new Place(s.limit().id(), s.subject()))) {
                    s.wanted = true;
                }
            });
        }
    }

    private void begin(Limit limit) {
        memory.reset(limit);
        begunAnew.add(limit.id());
    }

    /** Those that have something to say, or to give back. */
    private List<Share> idle() {
        ticks++;
        List<Share> speaking = new ArrayList<>();
        for (Share share : shares.values()) {
            if (!share.queued() && terms.speaks(share, processes == 1, ticks % TELL_ALONE == 0)) {
                speaking.add(share);
            }
        }
        return speaking;
    }

    /** Lets a limit begin anew everywhere. */
    void reset(Limit limit) {
        talking.lock();
        try {
            resets.put(limit.id(), book.reset(limit));
            begin(limit);
        } finally {
            talking.unlock();
        }
    }

    /** So much was used already, by all. */
    void know(Share share, long amount) {
        talking.lock();
        try {
            share.known = Math.max(share.known, amount);
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
        begunAnew.retainAll(limits.keySet());
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
