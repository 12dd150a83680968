package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.port.CounterStore.Asker;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests that lack something of what their process holds: they ask the book for more, wait a moment for it, and are refused where
 * there is none. Thread-safe.
 */
final class ShareRequests {
    /** How long a request waits in all, however often it asks, for more of what its process holds something of. */
    static final Duration PATIENCE = Duration.ofMillis(50);

    /** The same where the process never held anything of it. */
    static final Duration FIRST_PATIENCE = Duration.ofMillis(250);

    private final BiFunction<CounterKey, Limit, Share> shares;
    private final MemoryCounterStore memory;
    private final BookLine line;
    private final ShareKeeper keeper;
    private final LongSupplier nanos;
    private final Wish taking = new Taking();
    private final Wish looking = new Looking();

    /** What a request wants of this process's memory. */
    private interface Wish {
        LimitDecision of(List<Charge> charges);

        /** What becomes of one that lacks something, where the book does not say in time whether there is more. */
        LimitDecision unheard(Denied denied);
    }

    private final class Taking implements Wish {
        @Override
        public LimitDecision of(List<Charge> charges) {
            return memory.reserve(charges);
        }

        @Override
        public LimitDecision unheard(Denied denied) {
            return denied;
        }
    }

    /** Takes nothing, and asks for what it would lack: the request is about to take it. */
    private final class Looking implements Wish {
        @Override
        public LimitDecision of(List<Charge> charges) {
            for (int i = 0; i < charges.size(); i++) {
                Charge charge = charges.get(i);
                if (shared(charge.limit()) && charge.amount() > left(charge)) {
                    return memory.denied(charges, i, memory.now(charge.limit()));
                }
            }
            return LimitDecision.FREE;
        }

        @Override
        public LimitDecision unheard(Denied denied) {
            return LimitDecision.FREE;
        }
    }

    /** @param shares that of a counter as it is now, with the limit as a request has it */
    ShareRequests(
            BiFunction<CounterKey, Limit, Share> shares,
            MemoryCounterStore memory,
            BookLine line,
            ShareKeeper keeper,
            LongSupplier nanos) {
        this.shares = shares;
        this.memory = memory;
        this.line = line;
        this.keeper = keeper;
        this.nanos = nanos;
    }

    /** Takes all charges, or none. */
    LimitDecision taken(List<Charge> charges, Asker asker) {
        return decided(charges, taking, asker);
    }

    /** Takes nothing; denied where the book says now that there is no more of what is lacking. */
    LimitDecision looked(List<Charge> charges, Asker asker) {
        return decided(charges, looking, asker);
    }

    private LimitDecision decided(List<Charge> charges, Wish wish, Asker asker) {
        LimitDecision decision = wish.of(charges);
        if (!(decision instanceof Denied denied) || !shared(denied.first())) {
            return decision;
        }
        return line.away() ? helped(charges, wish) : later(charges, wish, denied, asker);
    }

    private static boolean shared(Limit limit) {
        return limit.hard() && !LeasedCounterStore.divided(limit);
    }

    /** With what this process may take by itself while the book is away, of limits that were met or changed meanwhile. */
    private LimitDecision helped(List<Charge> charges, Wish wish) {
        for (Charge charge : charges) {
            Limit limit = charge.limit();
            if (shared(limit)) {
                Share share = share(charge);
                if (share.widened != limit.amount()) {
                    line.widen(share);
                }
            }
        }
        return wish.of(charges);
    }

    /** After more has come of what was lacking. What it waits here is taken off what it may wait for when it asks again. */
    private LimitDecision later(List<Charge> charges, Wish wish, Denied first, Asker asker) {
        long began = nanos.getAsLong();
        try {
            return heard(charges, wish, first, began - asker.waited());
        } finally {
            asker.waited(nanos.getAsLong() - began);
        }
    }

    /** @param since when its waiting would have begun if it had waited for all at one time */
    private LimitDecision heard(List<Charge> charges, Wish wish, Denied first, long since) {
        LimitDecision decision = first;
        while (decision instanceof Denied denied && shared(denied.first())) {
            Share lacking = ask(charges, denied);
            if (lacking == null) {
                return denied;
            }
            long patience = (lacking.first ? FIRST_PATIENCE : PATIENCE).toNanos();
            if (!keeper.await(lacking, since + patience)) {
                return line.awayOrStalled() ? helped(charges, wish) : wish.unheard(denied);
            }
            decision = wish.of(charges);
            if (decision instanceof Denied && nanos.getAsLong() - since > FIRST_PATIENCE.toNanos()) {
                return decision;
            }
        }
        return decision;
    }

    /** Asks for what this request lacks, of all limits at once. @return the share that it was denied for; null: there is no more */
    private @Nullable Share ask(List<Charge> charges, Denied denied) {
        Share lacking = null;
        long now = nanos.getAsLong();
        for (Charge charge : charges) {
            Limit limit = charge.limit();
            if (!shared(limit)) {
                continue;
            }
            boolean denying = limit.id().equals(denied.first().id());
            Share share = share(charge);
            if ((denying || charge.amount() > left(charge))
                    && share.lack(limit, Math.max(1, charge.amount()), now)
                    && denying) {
                lacking = share;
            }
        }
        return lacking;
    }

    private Share share(Charge charge) {
        return shares.apply(memory.place(charge.key()), charge.limit());
    }

    /** How much of its share is not used; of a share of another amount of the limit: nothing. */
    private long left(Charge charge) {
        Limit limit = charge.limit();
        Ceiling ceiling = share(charge).ceiling();
        return ceiling.basis() == limit.amount()
                ? ceiling.amount() - memory.used(memory.place(charge.key()), limit)
                : 0;
    }
}
