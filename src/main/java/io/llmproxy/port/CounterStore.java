package io.llmproxy.port;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The counters of limits. Thread-safe. */
public interface CounterStore {
    /**
     * One request, which may ask several times: a store that is a round trip away lets it wait so long in all, and not so long each
     * time. Of one thread.
     */
    interface Asker {
        /** For so many ns it has waited for answers by now. */
        long waited();

        /** It has waited for so many ns more. */
        void waited(long nanos);

        /** Asks a single time. */
        Asker ONCE = new Asker() {
            @Override
            public long waited() {
                return 0;
            }

            @Override
            public void waited(long nanos) {
                // nobody wants to know
            }
        };
    }

    /**
     * Takes the charges of all limits, or nothing: what a hard limit has granted and not got back never passes its amount. Soft
     * and shadow limits take in any case.
     *
     * @param charges at most one per counter
     * @throws StoreException where the store cannot tell
     */
    LimitDecision reserve(List<Charge> charges);

    /**
     * Takes what can be judged before a key is known. A store that is a round trip away may grant what it is not known to have to
     * refuse, and take with {@link #reserve(List, Reservation, Asker)}; what never gets so far it takes when the reservation ends.
     *
     * @param soon whether the rest follows at once; false: a large body is to be received before, which a refusal saves
     */
    default LimitDecision admit(List<Charge> charges, boolean soon, Asker asker) {
        return reserve(charges);
    }

    /**
     * Takes the charges, and in the same step what {@code admitted} has not taken yet.
     *
     * @param admitted what {@link #admit} granted to the same request; where this refuses, it is the caller's to release it
     */
    default LimitDecision reserve(List<Charge> charges, Reservation admitted, Asker asker) {
        return reserve(charges);
    }

    /**
     * What would refuse one of the charges now, taking nothing: for what is worth a look before a body is received. Others may take and give
     * back meanwhile, so that only {@link #reserve} decides.
     *
     * @return null where none is known to refuse, or the store cannot tell without a round trip
     */
    default LimitDecision.@Nullable Denied refusal(List<Charge> charges) {
        return null;
    }

    /**
     * The same, for a request that goes on to {@link #reserve} where nothing refuses: a store that is a round trip away may make it now, within
     * the patience of the asker, where it would have to make it then.
     */
    default LimitDecision.@Nullable Denied refusal(List<Charge> charges, Asker asker) {
        return refusal(charges);
    }

    /** Counts what was granted elsewhere, whatever the limits say. */
    default Reservation tally(List<Charge> charges) {
        List<Charge> soft = charges.stream()
                .map(c -> new Charge(c.limit().soft(), c.key(), c.amount()))
                .toList();
        return reserve(soft) instanceof LimitDecision.Granted(var reservation) ? reservation : Reservation.NONE;
    }

    /** How much of a limit its counters count now, those that have counted something of late. For people: it walks over all counters. */
    Map<CounterKey, Long> used(Limit limit);

    /**
     * The same of many limits with one question, whoever keeps them; takes seconds at most.
     *
     * @throws StoreException where the store does not answer in that time
     */
    default Map<CounterKey, Long> used(Collection<Limit> limits) {
        Map<CounterKey, Long> used = new HashMap<>();
        limits.forEach(limit -> used.putAll(used(limit)));
        return used;
    }

    /** Lets a limit's counters begin anew. @throws StoreException where that cannot be told to all who count */
    void reset(Limit limit);

    /**
     * A counter counts at least this in its present period: what is known of the time before a start. Told again, or by several
     * processes, it counts once.
     */
    void seed(PastUse past);

    /** The same of what counts as if it were used now. */
    default void seed(Charge charge) {
        seed(PastUse.now(charge));
    }
}
