package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.StoreException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counters of several processes that share limits: each counts in its memory, and holds of every counter a share of the limit's
 * amount which it takes from a common book ahead of need. A request meets memory alone; where the share is used up it waits a
 * moment for more, and is refused where there is none.
 *
 * <p><b>The invariant</b>: at every moment the shares of a counter are together at most the limit's amount, and each process's use
 * of the present period is at most its share. So whatever the interleaving, no more is granted than the limit; what answers use
 * beyond what was reserved for them is counted truly, whether there was so much or not, and leaves so much less to all.
 *
 * <p><b>Time</b>: windows follow the book's clock, which each process carries on by its own steady counter. It runs behind the
 * book's by the time that an answer takes, never before it; so a share that one process gives back after its window has ended comes
 * to another when that one has reached the new window too.
 *
 * <p><b>The dead</b>: of limits of long periods a process uses no more of its share than it has told the book, which is a little ahead
 * of what it used. When it dies that much counts, and the rest of its share is free.
 *
 * <p><b>The book away</b>: all that is held may be used. Who was alone when the book went has the whole limits until the book is back;
 * else what is used up, or was never met, is refused: others may hold it. All that was used counts when the book is back. Soft limits go on counting by themselves. Limits of each single address are not shared but divided by the
 * number of processes, since anybody may come with any number of addresses.
 */
public final class LeasedCounterStore implements CounterStore, AutoCloseable {
    private final ConcurrentHashMap<CounterKey, Share> shares = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Share> parts = new ConcurrentHashMap<>();
    private final Set<String> begunAnew = ConcurrentHashMap.newKeySet();
    private final BookClock clock;
    private final LongSupplier nanos;
    private final MemoryCounterStore memory;
    private final BookLine line;
    private final ShareKeeper keeper;
    private final ShareRequests requests;
    private final LimitLeases book;

    /** Joins the other processes; blocks. @throws StoreException where the book is away */
    public static LeasedCounterStore join(LimitLeases book) {
        return join(book, System::nanoTime);
    }

    static LeasedCounterStore join(LimitLeases book, LongSupplier nanos) {
        LeasedCounterStore store = new LeasedCounterStore(book, nanos);
        store.keeper.start();
        return store;
    }

    private LeasedCounterStore(LimitLeases book, LongSupplier nanos) {
        this.book = book;
        this.nanos = nanos;
        this.clock = new BookClock(nanos);
        long sent = nanos.getAsLong();
        LimitLeases.Start start = book.join();
        clock.set(start.now());
        this.memory = new MemoryCounterStore(clock, nanos, new Held());
        ShareTerms terms = new ShareTerms(memory, shares, nanos);
        this.line = new BookLine(book, terms, memory, shares, clock, nanos, begunAnew, start, sent);
        this.keeper = new ShareKeeper(book, line, terms, shares, nanos);
        this.requests = new ShareRequests(this::share, memory, line, keeper, nanos);
    }

    private final class Held implements Shares {
        @Override
        public void link(Counter counter, CounterKey place, Limit limit) {
            if (!divided(limit)) {
                counter.share(held(place, limit));
            }
        }

        @Override
        public @Nullable Share of(Counter counter, Limit limit) {
            Share share = counter.share();
            if (share == null) {
                return part(limit);
            }
            if (share.ended()) {
                share = held(share.key(), limit);
                counter.share(share);
            }
            share.see(limit);
            return share;
        }

        @Override
        public @Nullable Share find(Counter counter, Limit limit) {
            Share share = counter.share();
            return share == null ? part(limit) : share;
        }

        @Override
        public long usedElsewhere(CounterKey place) {
            Share share = shares.get(place);
            return share != null && share.barren(nanos.getAsLong())
                    ? share.ceiling().elsewhere()
                    : 0;
        }
    }

    /** Whether each process has a part of it that it asks nobody for. */
    static boolean divided(Limit limit) {
        return limit.scope() == LimitScope.IP && limit.subject() == null;
    }

    /** That of a counter as it is now, with the limit as a request has it. */
    private Share share(CounterKey place, Limit limit) {
        Share share = held(place, limit);
        share.see(limit);
        return share;
    }

    private Share held(CounterKey place, Limit limit) {
        Share known = shares.get(place);
        return known != null ? known : shares.computeIfAbsent(place, p -> opened(p, limit));
    }

    private Share opened(CounterKey place, Limit limit) {
        Share share = new Share(place, limit, Ceiling.none(limit), keeper::want);
        if (begunAnew.contains(limit.id())) {
            share.past = PastUse.now(new Charge(limit, place, 0));
        }
        return share;
    }

    private @Nullable Share part(Limit limit) {
        int processes = line.processes();
        if (processes == 1) {
            return null;
        }
        long amount = Math.max(1, limit.amount() / processes);
        Share known = parts.get(limit.id());
        if (known != null
                && known.ceiling().basis() == limit.amount()
                && known.ceiling().amount() == amount) {
            return known;
        }
        CounterKey key = new CounterKey(limit.id(), CounterKey.ONE);
        Share part = new Share(key, limit, Ceiling.part(limit, processes), s -> {});
        parts.put(limit.id(), part);
        return part;
    }

    /** The clock of the shared windows. */
    public InstantSource clock() {
        return clock;
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        return reserve(charges, Reservation.NONE, Asker.ONCE);
    }

    @Override
    public LimitDecision admit(List<Charge> charges, boolean soon, Asker asker) {
        return reserve(charges, Reservation.NONE, asker);
    }

    @Override
    public LimitDecision reserve(List<Charge> charges, Reservation admitted, Asker asker) {
        return requests.taken(charges, asker);
    }

    /** As far as this process alone has used it up. */
    @Override
    public @Nullable Denied refusal(List<Charge> charges) {
        return memory.refusal(charges);
    }

    /** Of what it shares, the book has just said that there is no more of it for this process. */
    @Override
    public @Nullable Denied refusal(List<Charge> charges, Asker asker) {
        Denied here = memory.refusal(charges);
        if (here != null) {
            return here;
        }
        return requests.looked(charges, asker) instanceof Denied denied ? denied : null;
    }

    /** Those of other processes too, as they last said. */
    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        return used(List.of(limit));
    }

    @Override
    public Map<CounterKey, Long> used(Collection<Limit> limits) {
        Map<CounterKey, Long> used = new HashMap<>(memory.used(limits));
        List<Limit> shared = limits.stream().filter(l -> !divided(l)).toList();
        if (shared.isEmpty()) {
            return used;
        }
        try {
            book.used(shared)
                    .forEach((place, n) ->
                            used.merge(SubjectText.parse(place.limitId(), place.subject()), n, Long::sum));
        } catch (StoreException e) {
            // those that are divided have no share
            used.replaceAll((key, n) -> n + elsewhere(key));
        }
        return used;
    }

    private long elsewhere(CounterKey key) {
        Share share = shares.get(key);
        return share == null ? 0 : share.ceiling().elsewhere();
    }

    /** Where it counts by itself. */
    public MemoryCounterStore memory() {
        return memory;
    }

    /** Here at once, in other processes when they next look. @throws StoreException where they cannot be told */
    @Override
    public void reset(Limit limit) {
        if (divided(limit)) {
            memory.reset(limit);
        } else {
            keeper.reset(limit);
        }
    }

    /** Counts what was used before anybody counted, once, together with the first share of the counter. */
    @Override
    public void seed(PastUse past) {
        if (divided(past.limit())) {
            memory.seed(past);
            return;
        }
        Share share = share(memory.place(past.key()), past.limit());
        keeper.know(share, past);
    }

    /** Drops what counts nothing any more; see {@link MemoryCounterStore#sweep}. */
    public void sweep(Map<String, Limit> limits) {
        memory.sweep(limits);
        keeper.forget(limits);
        parts.keySet().retainAll(limits.keySet());
        begunAnew.retainAll(limits.keySet());
    }

    public int size() {
        return memory.size();
    }

    /** How many processes share limits, this one included. */
    public int processes() {
        return line.processes();
    }

    /** Why what is held is all there is; null: the book answers. */
    public @Nullable String fault() {
        return line.fault();
    }

    /** When the book began to answer, or to be away. */
    public Instant since() {
        return line.since();
    }

    /** Gives back what is not used; to be called when no request runs any more. */
    @Override
    public void close() {
        keeper.close();
    }
}
