package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Charges;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Dues;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counters in memory.
 *
 * <p><b>The invariant</b>: at every moment each counter holds at least what was granted on it in its present period and not given
 * back, and one compare-and-set never takes it past a hard limit's amount. So no interleaving grants more than the limit, without
 * any lock.
 *
 * <p><b>All or nothing</b>: charges are taken one after another, the narrowest scope first; where one is denied, those before it
 * are given back before the caller hears of it. Between the two, another request may find a unit taken that is about to come
 * back, and be refused for it. That errs to the limit's side, by no more than the requests that are being refused at this
 * moment, and the order keeps it away from the counters that many share.
 *
 * <p><b>Time</b>: only windows of an hour and longer follow the wall clock, and {@link WindowCounter} says what setting that does.
 * All else is measured by the machine's steady counter, from the wall clock at the start; setting the clock does not touch it.
 *
 * <p><b>Memory</b>: {@link #sweep} drops what counts nothing any more. Of subjects that clients can make up there are at most
 * {@link #OPEN_COUNTERS}; those beyond share {@link #SHARDS} counters by their hash until there is room again, so that a flood of
 * addresses is counted more strictly, never less.
 */
public final class MemoryCounterStore implements CounterStore {
    /** Some 20 MB. */
    static final int OPEN_COUNTERS = 131_072;

    static final int SHARDS = 4096;

    private final ConcurrentHashMap<CounterKey, Counter> counters = new ConcurrentHashMap<>();
    private final Cells cells = new Cells();
    private final AtomicInteger open = new AtomicInteger();
    /**
     * How often a counter was removed or replaced that might count still, after it was: what was known of counters before is looked at
     * anew. One that was retired says so itself, and there may be thousands of them in one sweep.
     */
    private final AtomicInteger removals = new AtomicInteger();

    /** Kept of limits that were charged, and have no line-up: that is for what comes again, and not for each and all. */
    private static final Object SEEN = new Object();

    /** How far the wall clock may run from the steady counter between two sweeps; microseconds. */
    private static final long CLOCK_WAS_SET = 60_000_000L;

    private static final long CLOCK_IS_TRUSTED = 3_600_000_000L;

    private final Shares shares;
    private final Refuser refuser;
    private final StoreClock clock;
    private long drift;
    private long settled = Long.MIN_VALUE;
    private Set<String> strangers = Set.of();

    /** @param wall of the calendar's windows */
    public MemoryCounterStore(InstantSource wall) {
        this(wall, System::nanoTime);
    }

    /** @param nanos the steady counter */
    public MemoryCounterStore(InstantSource wall, LongSupplier nanos) {
        this(wall, nanos, Shares.WHOLE);
    }

    /** @param shares what of each limit may be used here */
    MemoryCounterStore(InstantSource wall, LongSupplier nanos, Shares shares) {
        this.shares = shares;
        this.refuser = new Refuser(this, shares);
        this.clock = new StoreClock(wall, nanos);
    }

    @Override
    public LimitDecision reserve(List<Charge> charges) {
        if (charges.isEmpty()) {
            return LimitDecision.FREE;
        }
        if (!(charges instanceof Charges known) || !shares.whole()) {
            return oneByOne(charges);
        }
        int now = removals.get();
        Object found = known.dues().found();
        Reservation held = found instanceof Lineup lineup && lineup.of(this, now) ? lineup.take(known, clock) : null;
        if (held != null) {
            return new LimitDecision.Granted(held);
        }
        LimitDecision decision = oneByOne(charges);
        if (decision instanceof LimitDecision.Granted) {
            lineUp(known.dues(), now, found);
        }
        return decision;
    }

    /** For the requests that follow; not where there was only one of its kind so far, since it may be the last. */
    private void lineUp(Dues dues, int now, @Nullable Object before) {
        Lineup lineup = before == null ? null : Lineup.of(this, now, dues, clock);
        if (lineup != null) {
            dues.found(lineup);
        } else if (!SEEN.equals(before)) {
            dues.found(SEEN);
        }
    }

    private LimitDecision oneByOne(List<Charge> charges) {
        long steady = clock.steady();
        long calendar = Long.MIN_VALUE; // not looked at
        Hold[] holds = new Hold[charges.size()];
        for (int i = 0; i < holds.length; i++) {
            Charge charge = charges.get(i);
            long now = steady;
            if (!steady(charge.limit())) {
                calendar = calendar == Long.MIN_VALUE ? clock.calendar() : calendar;
                now = calendar;
            }
            Hold hold = take(charge, now, false);
            if (hold == null) {
                for (int taken = i - 1; taken >= 0; taken--) {
                    holds[taken].correct(-holds[taken].amount(), clock);
                }
                return denied(charges, i, now);
            }
            holds[i] = hold;
        }
        return new LimitDecision.Granted(new Held(clock, holds));
    }

    /** @param granted elsewhere; null where it is denied, of what is not */
    private @Nullable Hold take(Charge charge, long now, boolean granted) {
        while (true) {
            Counter counter = counter(charge);
            Share share = granted ? null : shares.of(counter, charge.limit());
            Ceiling own = granted ? Ceiling.everything(charge.limit()) : null;
            Ceiling ceiling = share == null ? own : share.ceiling();
            if (ceiling != null && !ceiling.allows(charge)) {
                return null;
            }
            Hold hold = new Hold(charge.limit(), charge.amount(), counter, ceiling);
            switch (counter.take(hold, now)) {
                case TAKEN -> {
                    if (share != null && !share.stands(hold)) {
                        hold.correct(-hold.amount(), clock);
                        return null;
                    }
                    return hold;
                }
                case DENIED -> {
                    return null;
                }
                case RETIRED -> removeRetired(place(charge.key()), counter);
            }
        }
    }

    @Override
    public Reservation tally(List<Charge> charges) {
        Hold[] holds = new Hold[charges.size()];
        for (int i = 0; i < holds.length; i++) {
            Charge charge = charges.get(i);
            holds[i] = Objects.requireNonNull(take(charge, now(charge.limit()), true));
        }
        return new Held(clock, holds);
    }

    @Override
    public LimitDecision.@Nullable Denied refusal(List<Charge> charges) {
        return refuser.refusal(charges);
    }

    /** As {@link Refuser#denied}. */
    LimitDecision.Denied denied(List<Charge> charges, int first, long now) {
        return refuser.denied(charges, first, now);
    }

    /** Null where there is none at that place. */
    @Nullable
    Counter known(CounterKey place) {
        return counters.get(place);
    }

    Counter counter(Charge charge) {
        CounterKey key = charge.key();
        if (key.found() instanceof Counter found && found.in(this) && found.fits(charge.limit())) {
            return found;
        }
        Counter known = counters.get(key);
        if (known != null && known.fits(charge.limit())) {
            key.found(known);
            return known;
        }
        if (known != null) {
            return replaced(key, charge.limit());
        }
        Counter found = opened(charge);
        return found.fits(charge.limit()) ? found : replaced(place(key), charge.limit());
    }

    private Counter opened(Charge charge) {
        return counters.computeIfAbsent(place(charge.key()), key -> {
            if (key.open()) {
                open.incrementAndGet();
            }
            return made(key, charge.limit());
        });
    }

    /** A limit that counts in another way now begins anew. */
    private Counter replaced(CounterKey key, Limit limit) {
        return counters.compute(key, (k, known) -> {
            if (known != null && known.fits(limit)) {
                return known;
            }
            if (known != null) {
                known.home(null);
                removals.incrementAndGet();
            }
            return made(k, limit);
        });
    }

    private Counter made(CounterKey place, Limit limit) {
        Counter counter = Counter.of(limit, cells);
        shares.link(counter, place, limit);
        counter.home(this);
        return counter;
    }

    /** Where the counter of a key is or would be. */
    CounterKey place(CounterKey key) {
        if (!key.open() || open.get() < OPEN_COUNTERS || counters.containsKey(key)) {
            return key;
        }
        int shard = Math.floorMod(key.subject().hashCode() * 0x9E3779B9, SHARDS);
        return new CounterKey(key.limitId(), "shared counter " + shard);
    }

    private void remove(CounterKey key, Counter counter) {
        if (removeRetired(key, counter)) {
            removals.incrementAndGet();
        }
    }

    private boolean removeRetired(CounterKey key, Counter counter) {
        boolean removed = counters.remove(key, counter);
        if (removed) {
            counter.home(null);
        }
        if (removed && key.open()) {
            open.decrementAndGet();
        }
        return removed;
    }

    /** The limit with the amount that is this process's own. */
    Limit local(Counter counter, Limit limit) {
        Share share = shares.find(counter, limit);
        return share == null ? limit : share.ceiling().local();
    }

    /** What a counter counts now; 0 where there is none. */
    long used(CounterKey place, Limit limit) {
        Counter counter = counters.get(place);
        return counter == null || !counter.fits(limit) ? 0 : counter.used(local(counter, limit), now(limit));
    }

    /** Counts so much more in the place, whatever the limit says. */
    void add(CounterKey place, PastUse past) {
        seed(place, past.limit().soft(), past, true);
    }

    /** Brings a counter up to this moment at the pace of the share as it is, before that is changed. */
    void catchUp(CounterKey place, Limit limit) {
        Counter counter = counters.get(place);
        if (counter != null && counter.fits(limit)) {
            counter.seed(local(counter, limit), 0, now(limit));
        }
    }

    long now(Limit limit) {
        return steady(limit) ? clock.steady() : clock.calendar();
    }

    /** Windows that several processes share begin for all at one time, by the clock that they share. */
    private boolean steady(Limit limit) {
        return limit.steady() && (shares.whole() || limit.algorithm() != LimitAlgorithm.FIXED_WINDOW);
    }

    @Override
    public Map<CounterKey, Long> used(Limit limit) {
        Map<CounterKey, Long> used = new HashMap<>();
        long now = now(limit);
        counters.forEach((key, counter) -> {
            if (key.limitId().equals(limit.id()) && counter.fits(limit)) {
                used.put(key, counter.used(local(counter, limit), now));
            }
        });
        return used;
    }

    /** One walk over all counters. */
    @Override
    public Map<CounterKey, Long> used(Collection<Limit> limits) {
        Map<String, Limit> byId = new HashMap<>();
        limits.forEach(limit -> byId.put(limit.id(), limit));
        Map<CounterKey, Long> used = new HashMap<>();
        counters.forEach((key, counter) -> {
            Limit limit = byId.get(key.limitId());
            if (limit != null && counter.fits(limit)) {
                used.put(key, counter.used(local(counter, limit), now(limit)));
            }
        });
        return used;
    }

    /** Requests that run give back to the counters they have taken from, which are nobody's any more. */
    @Override
    public void reset(Limit limit) {
        counters.forEach((key, counter) -> {
            if (key.limitId().equals(limit.id())) {
                remove(key, counter);
            }
        });
    }

    @Override
    public void seed(PastUse past) {
        seed(place(past.key()), past.limit(), past, false);
    }

    private void seed(CounterKey place, Limit limit, PastUse past, boolean onTop) {
        while (true) {
            Counter counter = counter(new Charge(limit, place, past.charge().amount()));
            if (counter.recall(past.ahead(clock.ahead()), onTop, onTop ? limit : local(counter, limit), now(limit))) {
                return;
            }
            removeRetired(place, counter);
        }
    }

    /**
     * Drops counters that count nothing any more, and those of limits that are gone since the last call at least; to be called
     * now and then by one thread. For an hour after the wall clock was set nothing that it measures is dropped: it may be set back.
     */
    public void sweep(Map<String, Limit> limits) {
        long steady = clock.steady();
        long calendar = clock.calendar();
        if (Math.abs(calendar - steady - drift) > CLOCK_WAS_SET) {
            settled = steady + CLOCK_IS_TRUSTED;
        }
        drift = calendar - steady;
        Set<String> unknown = new HashSet<>();
        counters.forEach((key, counter) -> {
            Limit limit = limits.get(key.limitId());
            if (limit == null) {
                unknown.add(key.limitId());
                if (strangers.contains(key.limitId())) {
                    remove(key, counter);
                }
            } else if (steady(limit)
                    ? counter.retire(local(counter, limit), steady)
                    : steady >= settled && counter.retire(limit, calendar)) {
                removeRetired(key, counter);
            }
        });
        strangers = Set.copyOf(unknown);
    }

    /** How many counters there are. */
    public int size() {
        return counters.size();
    }
}
