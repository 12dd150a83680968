package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.LimitLeases.Ask;
import io.llmproxy.port.LimitLeases.Place;
import io.llmproxy.port.LimitLeases.Round;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The line to the common book: whether the book answers, what it says to all shares, and what they are while it is away. Talked on by
 * one thread at a time; what it knows may be asked by any.
 */
final class BookLine {
    private static final Logger LOG = System.getLogger(BookLine.class.getName());
    /** A book that has not answered for so long is away. */
    private static final long STALLED = Duration.ofSeconds(5).toNanos();

    private final LimitLeases book;
    private final ShareTerms terms;
    private final MemoryCounterStore memory;
    private final Map<CounterKey, Share> shares;
    private final BookClock clock;
    private final LongSupplier nanos;
    private final Set<String> begunAnew;
    private final Map<String, Long> resets;
    /** Held for a moment by who changes what shares are, and whether this process helps itself. */
    private final ReentrantLock changing = new ReentrantLock();

    private volatile int processes = 1;
    private volatile long validUntil;
    private volatile @Nullable StoreException fault;
    private volatile Instant since;
    private volatile boolean away;
    // guarded by changing
    private boolean waiting;
    private long waitingSince;

    /** @param sent when the process joined, by the steady counter */
    BookLine(
            LimitLeases book,
            ShareTerms terms,
            MemoryCounterStore memory,
            Map<CounterKey, Share> shares,
            BookClock clock,
            LongSupplier nanos,
            Set<String> begunAnew,
            LimitLeases.Start start,
            long sent) {
        this.book = book;
        this.terms = terms;
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

    int processes() {
        return processes;
    }

    Instant since() {
        return since;
    }

    /** Whether the book did not answer when it was last asked. */
    boolean broken() {
        return fault != null;
    }

    /** Why the book is away and what that means; null: it answers. */
    @Nullable
    String fault() {
        return fault == null
                ? null
                : processes == 1
                        ? "limits cannot be taken from the database; this process was alone, and goes on with all of them"
                        : "limits that are shared with other processes cannot be taken from the database: this process goes"
                                + " on with what it holds, and refuses beyond that";
    }

    /** Whether this process helps itself; then a share that it lacks is to be widened. */
    boolean away() {
        return away;
    }

    /** Whether what this process holds is its no more. */
    private boolean lapsed() {
        return nanos.getAsLong() - validUntil > 0;
    }

    /** @return false: the book is away */
    boolean exchange(List<Share> part) {
        if (fault != null && !restored()) {
            return false;
        }
        long sent = nanos.getAsLong();
        List<Ask> asks = asks(part);
        try {
            Round answer = book.exchange(asks);
            if (!apply(part, asks, answer)) {
                return false;
            }
            validUntil = sent + lease();
            return true;
        } catch (RuntimeException e) {
            gone(e);
            return false;
        }
    }

    private List<Ask> asks(List<Share> part) {
        changing.lock();
        try {
            if (lapsed()) {
                shares.values().forEach(terms::lower);
            }
            List<Ask> asks = part.stream().map(s -> terms.ask(s, false)).toList();
            waiting = true;
            waitingSince = nanos.getAsLong();
            return asks;
        } finally {
            changing.unlock();
        }
    }

    /** Takes the answer. @return false: it came too late, this process helps itself already, and has to ask anew */
    private boolean apply(List<Share> part, List<Ask> asks, Round answer) {
        changing.lock();
        try {
            waiting = false;
            if (away) {
                return false;
            }
            hear(answer);
            for (int i = 0; i < asks.size(); i++) {
                terms.apply(part.get(i), asks.get(i), answer.given().get(i));
            }
            return true;
        } finally {
            changing.unlock();
        }
    }

    private void gone(RuntimeException e) {
        changing.lock();
        try {
            waiting = false;
            if (fault == null) {
                since = clock.instant();
                LOG.log(Level.WARNING, "what other processes hold of limits cannot be told", e);
            }
            fault = e instanceof StoreException known ? known : new StoreException("taking shares of limits failed", e);
            away = true;
        } finally {
            changing.unlock();
        }
    }

    /** Whether this process is to help itself, asked by a request that waited in vain. */
    boolean awayOrStalled() {
        if (away) {
            return true;
        }
        changing.lock();
        try {
            if (waiting && !away && nanos.getAsLong() - waitingSince > STALLED) {
                gone(new StoreException("taking shares of limits takes too long", new TimeoutException()));
            }
            return away;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Whether the book answers again, asked before anything is taken back: what this process gave itself ends first, and then it
     * takes its shares, in which all counts that it has used.
     */
    private boolean restored() {
        Round answer;
        try {
            answer = book.exchange(List.of());
        } catch (RuntimeException e) {
            gone(e);
            return false;
        }
        changing.lock();
        try {
            boolean alone = processes == 1;
            hear(answer);
            away = false;
            fault = null;
            since = clock.instant();
            // what this process helped itself to, alone, or was taken for dead with, is over
            if (alone || lapsed()) {
                shares.values().forEach(terms::lower);
            }
        } finally {
            changing.unlock();
        }
        shares.values().forEach(Share::ask);
        LOG.log(Level.INFO, "limits are shared with other processes again");
        return true;
    }

    /** What may be used of a limit that was met, or changed, while the book is away. */
    void widen(Share share) {
        changing.lock();
        try {
            if (away) {
                terms.widen(share, processes);
            }
        } finally {
            changing.unlock();
        }
    }

    private void hear(Round answer) {
        clock.set(answer.now());
        processes = answer.processes();
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

    /** Lets a limit begin anew everywhere. */
    void reset(Limit limit) {
        resets.put(limit.id(), book.reset(limit));
        begin(limit);
    }
}
