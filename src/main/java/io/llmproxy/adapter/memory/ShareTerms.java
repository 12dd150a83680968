package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.LimitLeases.Ask;
import io.llmproxy.port.LimitLeases.Given;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

/** What is asked of the common book for a share, and what becomes of the share by the answer. Used by one thread at a time. */
final class ShareTerms {
    /** How long a counter that has nothing left is not asked for again; others may have given back by then. */
    private static final long BARREN = Duration.ofMillis(200).toNanos();
    /** Looks without use after which others may have what is not used. */
    private static final int IDLE = 10;

    private static final int IDLE_ALONE = 120;
    /** Of what is held and not used, this part may be used before the book hears of it. */
    private static final int SPARING = 8;

    private final MemoryCounterStore memory;
    private final Map<CounterKey, Share> shares;
    private final LongSupplier nanos;

    ShareTerms(MemoryCounterStore memory, Map<CounterKey, Share> shares, LongSupplier nanos) {
        this.memory = memory;
        this.shares = shares;
        this.nanos = nanos;
    }

    /**
     * Whether it has something to say or to give back.
     *
     * @param alone whether no other process shares limits
     * @param telling whether it is time to say what was used, though nobody else waits for it
     */
    boolean speaks(Share share, boolean alone, boolean telling) {
        long used = memory.used(share.key(), share.limit());
        share.idle = used == share.seen ? share.idle + 1 : 0;
        share.seen = used;
        boolean unused = share.limit().hard() && share.booked > used;
        boolean nothing = used == 0 && share.idle >= (alone ? IDLE_ALONE : IDLE);
        share.leaving = nothing || unused && (share.wanted || !alone && share.idle >= IDLE);
        share.wanted = false;
        boolean news = used != share.reported && (!alone || telling);
        return share.gone || share.leaving || news;
    }

    /**
     * What is not used is not used from now on, and held no more. Who takes at this moment is seen by the next look at the use, or
     * looks at the ceiling again and gives back.
     */
    void lower(Share share) {
        Limit limit = share.limit();
        share.widened = 0;
        if (limit.hard()) {
            memory.catchUp(share.key(), limit);
            share.set(share.ceiling().loweredTo(limit, memory.used(share.key(), limit)));
            share.held = share.ceiling().amount();
        }
    }

    /** What is held is held on, and used no further than a little more than now until the book has heard of that. */
    private void narrow(Share share) {
        Limit limit = share.limit();
        long used = memory.used(share.key(), limit);
        long soon = used + Math.max(0, share.held - used) / SPARING;
        share.widened = 0;
        share.set(share.ceiling().loweredTo(limit, soon));
    }

    /**
     * What may be used while the book is away. Who was alone has all of the limit, but for what others have used before of a long
     * period, as far as it is known; else it is what this process holds, and nothing of what it has not met before: others may hold
     * that.
     *
     * @param processes how many shared limits when the book went
     */
    void widen(Share share, int processes) {
        Limit limit = share.limit();
        memory.catchUp(share.key(), limit);
        long others = limit.steady() ? 0 : share.ceiling().elsewhere();
        long amount = processes == 1 ? Math.max(0, limit.amount() - others) : Math.min(share.held, limit.amount());
        share.set(Ceiling.of(limit, amount, others, Long.MAX_VALUE));
        share.widened = limit.amount();
        share.fertile();
    }

    /** @param stopping whether the process ends */
    Ask ask(Share share, boolean stopping) {
        Limit limit = share.limit();
        // somebody wants more of it since it was found idle
        share.leaving &= stopping || !share.queued();
        prepare(share, limit);
        long used = memory.used(share.key(), limit);
        boolean end = share.gone || share.leaving && used == 0;
        long spent = Math.max(0, used - Math.max(0, share.reported));
        boolean wants = !share.leaving && share.queued();
        long largest = share.takeLargest();
        long soon = Math.max(1, Math.max(largest, share.takeLacking()) + spent);
        long unused = Math.max(0, share.held - used);
        boolean hungry = wants && (used >= share.low || largest > unused || share.first);
        long keep = share.gone ? 0 : limit.hard() ? Math.max(used, share.held) : used;
        return new Ask(
                limit,
                share.subject(),
                share.gone ? 0 : used,
                keep,
                limit.hard() ? Math.min(keep, Math.max(used, share.ceiling().amount())) : keep,
                Math.max(0, largest - unused),
                hungry ? soon : 0,
                wants ? soon : 0,
                share.first,
                end,
                share.known());
    }

    /** Whoever says what he may use holds himself to it first. */
    private void prepare(Share share, Limit limit) {
        Ceiling ceiling = share.ceiling();
        if (limit.hard() && ceiling.soft()) {
            share.set(Ceiling.none(limit));
            lower(share);
        } else if (share.leaving || limit.hard() && ceiling.basis() > limit.amount()) {
            lower(share);
        } else if (limit.hard() && LimitLeases.sparing(limit)) {
            boolean begun = memory.used(share.key(), limit) < share.reported;
            if (begun || ceiling.amount() > share.told) {
                narrow(share);
            }
        }
    }

    /** Takes the answer. */
    void apply(Share share, Ask ask, Given given) {
        Limit limit = ask.limit();
        if (ask.end()) {
            share.set(Ceiling.none(limit));
            shares.remove(share.key(), share);
            share.dropped();
            return;
        }
        if (given.inherited() > 0) {
            memory.add(share.key(), share.past(limit).newest(given.inherited()));
        }
        memory.catchUp(share.key(), limit);
        long used = ask.used() + given.inherited();
        boolean more = given.free() > 0 || given.sure() < given.share();
        long refill = more ? middle(used, given.sure()) : Long.MAX_VALUE;
        // what was used beyond the amount is counted, and is nobody's to use again when some of it is given back
        share.booked = given.share();
        share.held = Math.max(0, given.share() + Math.min(0, given.free()));
        share.told = given.sure();
        share.low = given.free() > 0 ? middle(used, given.share()) : Long.MAX_VALUE;
        long amount = Math.min(given.sure(), share.held);
        share.set(Ceiling.of(limit, amount, pace(limit, amount, given), given.elsewhere(), refill));
        share.widened = 0;
        share.reported = used;
        share.first = false;
        share.past = null;
        share.leaving = false;
        if (given.share() - ask.keep() - given.inherited() < ask.least()) {
            share.barrenUntil(nanos.getAsLong() + BARREN);
        } else {
            share.fertile();
        }
        share.answered();
    }

    /** Where all hold more than there is, each one's use flows off by its part of the whole: all together as fast as the limit lets it. */
    private static long pace(Limit limit, long amount, Given given) {
        if (given.free() >= 0) {
            return amount;
        }
        double part = (double) given.share() / ((double) limit.amount() - given.free());
        return Math.max(amount, Math.min(limit.amount(), (long) (limit.amount() * part)));
    }

    private static long middle(long used, long most) {
        return most - Math.max(1, (most - used) / 2);
    }
}
