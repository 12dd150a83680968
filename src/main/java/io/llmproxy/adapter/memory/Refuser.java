package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells which limits have no room for a request, and for how long. It looks, and takes nothing; at all limits of a request only where
 * one of them refuses it.
 */
final class Refuser {
    private final MemoryCounterStore store;
    private final Shares shares;

    Refuser(MemoryCounterStore store, Shares shares) {
        this.store = store;
        this.shares = shares;
    }

    /** Where limits are shared, what others use is told by taking alone: what is used here may be enough to refuse. */
    @Nullable
    Denied refusal(List<Charge> charges) {
        for (int i = 0; i < charges.size(); i++) {
            Charge charge = charges.get(i);
            Limit limit = charge.limit();
            Counter counter = limit.hard() ? store.known(charge.key()) : null;
            if (counter != null && counter.fits(limit)) {
                long now = store.now(limit);
                Limit widest = widest(counter, limit);
                if (counter.used(widest, now) + charge.amount() > widest.amount()) {
                    return denied(charges, i, now);
                }
            }
        }
        return null;
    }

    /**
     * By the limit with that index, and by those after it that have no room either, as far as that is known here: where limits are shared,
     * of what no process has used there may be more in a moment.
     *
     * @param now of the first one's clock, when it had no room
     */
    Denied denied(List<Charge> charges, int first, long now) {
        Denied denied = new Denied(refusal(charges.get(first), now));
        for (int i = first + 1; i < charges.size(); i++) {
            Charge charge = charges.get(i);
            long then = store.now(charge.limit());
            if (charge.limit().hard() && charge.amount() > 0 && !room(charge, then)) {
                denied = Denied.with(denied, refusal(charge, then));
            }
        }
        return denied;
    }

    private boolean room(Charge charge, long now) {
        Limit limit = charge.limit();
        CounterKey place = store.place(charge.key());
        Counter counter = store.known(place);
        long asked = charge.amount() + shares.usedElsewhere(place);
        if (counter == null || !counter.fits(limit)) {
            return asked <= limit.amount();
        }
        long used = counter.used(store.local(counter, limit), now);
        return used + asked <= widest(counter, limit).amount();
    }

    /** How far this process may ever come: a share may be widened to the whole limit, a part of what is divided stays as it is. */
    private Limit widest(Counter counter, Limit limit) {
        Share part = counter.share() == null ? shares.find(counter, limit) : null;
        return part == null ? limit : part.ceiling().local();
    }

    private Refusal refusal(Charge charge, long now) {
        Limit limit = charge.limit();
        Counter counter = store.counter(charge);
        Share share = shares.find(counter, limit);
        Limit local = share == null ? limit : share.ceiling().local();
        long elsewhere = share == null ? 0 : share.ceiling().elsewhere();
        long left = Math.max(0, limit.amount() - counter.used(local, now) - elsewhere);
        long wait = counter.wait(local, charge.amount(), now);
        return new Refusal(limit, charge.amount(), left, Hold.seconds(wait));
    }
}
