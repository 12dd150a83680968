package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
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
        boolean unused = share.limit().hard() && share.ceiling().amount() > used;
        boolean nothing = used == 0 && share.idle >= (alone ? IDLE_ALONE : IDLE);
        share.leaving = nothing || unused && (share.wanted || !alone && share.idle >= IDLE);
        share.wanted = false;
        boolean news = used != share.reported && (!alone || telling);
        return share.gone || share.leaving || news;
    }

    /**
     * What is not used is not used from now on. Who takes at this moment is seen by the next look at the use, or looks at the ceiling
     * again and gives back.
     */
    void lower(Share share) {
        Limit limit = share.limit();
        share.widened = 0;
        if (limit.hard()) {
            memory.catchUp(share.key(), limit);
            share.set(share.ceiling().loweredTo(limit, memory.used(share.key(), limit)));
        }
    }

    /**
     * All of the limit is this process's, which is alone and cannot ask; but for what others have used before of a long period, as far
     * as it is known.
     */
    void widen(Share share) {
        Limit limit = share.limit();
        if (limit.hard()) {
            memory.catchUp(share.key(), limit);
            Ceiling before = share.ceiling();
            long others = limit.steady() ? 0 : before.elsewhere();
            share.set(Ceiling.of(limit, Math.max(0, limit.amount() - others), others, Long.MAX_VALUE));
            share.widened = limit.amount();
            share.fertile();
        }
    }

    /** @param stopping whether the process ends */
    Ask ask(Share share, boolean stopping) {
        Limit limit = share.limit();
        Ceiling ceiling = share.ceiling();
        // somebody wants more of it since it was found idle
        share.leaving &= stopping || !share.queued();
        if (limit.hard() && ceiling.soft()) {
            share.set(Ceiling.none(limit));
            lower(share);
        } else if (share.leaving || limit.hard() && ceiling.basis() > limit.amount()) {
            lower(share);
        }
        long used = memory.used(share.key(), limit);
        boolean end = share.gone || share.leaving && used == 0;
        long lacking = share.takeLacking();
        long spent = Math.max(0, used - Math.max(0, share.reported));
        boolean wants = !share.leaving && (lacking > 0 || share.queued());
        return new Ask(
                limit,
                share.subject(),
                share.gone ? 0 : used,
                share.gone ? 0 : limit.hard() ? Math.max(used, share.ceiling().amount()) : used,
                share.takeLargest(),
                wants ? Math.max(1, lacking + spent) : 0,
                share.first,
                end,
                share.known);
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
            memory.add(share.key(), limit, given.inherited());
        }
        memory.catchUp(share.key(), limit);
        long unused = given.share() - ask.used() - given.inherited();
        long refill = given.free() > 0 ? given.share() - Math.max(1, unused / 2) : Long.MAX_VALUE;
        share.set(Ceiling.of(limit, given.share(), given.elsewhere(), refill));
        share.reported = ask.used() + given.inherited();
        share.first = false;
        share.known = -1;
        share.leaving = false;
        if (given.share() - ask.keep() - given.inherited() < ask.least()) {
            share.barrenUntil(nanos.getAsLong() + BARREN);
        } else {
            share.fertile();
        }
        share.answered();
    }
}
