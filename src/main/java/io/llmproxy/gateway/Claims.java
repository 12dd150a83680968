package io.llmproxy.gateway;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.domain.limit.Standing;
import io.llmproxy.port.CounterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a request holds of its limits: what was taken before its key was known, and what after its target was; and how long it has waited
 * for that. One thread.
 */
public final class Claims implements CounterStore.Asker {
    private Reservation early = Reservation.NONE;
    private Reservation late = Reservation.NONE;
    /** What was reserved for a later target, each of them for another one. */
    private List<Reservation> moved = List.of();

    private @Nullable Target target;
    private @Nullable Denied denied;
    private long moneyMicros;
    private long waited;
    /** Null: not gathered since something was charged. */
    private @Nullable Standing standing;

    @Override
    public long waited() {
        return waited;
    }

    @Override
    public void waited(long nanos) {
        waited += nanos;
    }

    public void admitted(Reservation held) {
        early = held;
        standing = null;
    }

    /** What was admitted before the key was known. */
    public Reservation early() {
        return early;
    }

    /** @param at the target that it was reserved for; null: it goes nowhere but here */
    public void reserved(Reservation held, @Nullable Target at) {
        late = held;
        standing = null;
        target = at;
    }

    /** The target whose limits are charged. */
    public @Nullable Target target() {
        return target;
    }

    /**
     * Another target serves the request.
     *
     * @param held of the limits that only this one is under
     * @param left the limits that only the one before was under: what is held of them is given back
     */
    public void moved(Target to, Reservation held, Predicate<Limit> left) {
        late.release(left);
        moved.forEach(r -> r.release(left));
        if (!held.grants().isEmpty()) {
            moved = moved.isEmpty() ? new ArrayList<>(2) : moved;
            moved.add(held);
        }
        target = to;
        standing = null;
    }

    /** Some limit said no: what is held of others is given back. */
    public void denied(Denied decision) {
        denied = decision;
        early.release();
        late.release();
        moved.forEach(Reservation::release);
    }

    /** The limit that said no; null: none did. */
    public @Nullable Denied denial() {
        return denied;
    }

    /** So many millionths of a US dollar are reserved, of each limit of cost alike. */
    public void reservedMoney(long micros) {
        moneyMicros = micros;
    }

    /** How all limits stood that were charged. */
    public Standing standing() {
        Standing known = standing;
        if (known == null) {
            known = new Standing();
            early.tell(known);
            late.tell(known);
            for (Reservation one : moved) {
                one.tell(known);
            }
            standing = known;
        }
        return known;
    }

    /** The request was refused for another reason, after its limits had been charged: all but what counts attempts is given back. */
    public void release() {
        late.release();
        moved.forEach(Reservation::release);
        settle(new ActualUse(0, 0, 0));
    }

    /** The request has ended; the first call alone does something. Returns by how many tokens it passed what it held. */
    public long settle(ActualUse use) {
        long overrun = Math.max(early.settle(use), late.settle(use));
        for (Reservation one : moved) {
            overrun = Math.max(overrun, one.settle(use));
        }
        return overrun;
    }

    /**
     * By how many millionths of a US dollar the request passed the money that was reserved for it; 0 where none was, or its cost is
     * unknown. The first call alone tells.
     */
    public long overspent(ActualUse use) {
        long reserved = moneyMicros;
        moneyMicros = 0;
        return reserved == 0 ? 0 : Math.max(0, use.of(LimitMetric.COST, reserved) - reserved);
    }
}
