package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;

/**
 * How far one process may use a limit that it shares with others. Immutable.
 *
 * @param local the limit with that amount, at least 1, by which counters count; where more is held in all than there is, with the part
 *     of the amount at whose pace this process's use flows off
 * @param most that amount, at least 1
 * @param amount how much, which may be nothing; of limits that refuse nobody: any amount
 * @param basis the limit's own amount, of which this is a part; under another amount it does not hold
 * @param elsewhere what others have used, as far as they have said so
 * @param refill from what use on it is time to ask for more
 */
record Ceiling(Limit local, long most, long amount, long basis, long elsewhere, long refill) {
    private static final long REFUSES_NOBODY = -1;

    /** Whether it was made of a limit that refuses nobody. */
    boolean soft() {
        return basis == REFUSES_NOBODY;
    }

    /** Nothing yet. */
    static Ceiling none(Limit limit) {
        return of(limit, 0, 0, Long.MAX_VALUE);
    }

    static Ceiling of(Limit limit, long amount, long elsewhere, long refill) {
        return of(limit, amount, amount, elsewhere, refill);
    }

    /** @param pace of a hard limit, the part of its amount by which use flows off */
    static Ceiling of(Limit limit, long amount, long pace, long elsewhere, long refill) {
        long most = Math.max(1, limit.hard() ? amount : limit.amount() - elsewhere);
        Limit local = limit.amount(limit.hard() ? Math.max(1, pace) : most);
        return limit.hard()
                ? new Ceiling(local, most, amount, limit.amount(), elsewhere, refill)
                : new Ceiling(local, most, Long.MAX_VALUE, REFUSES_NOBODY, elsewhere, Long.MAX_VALUE);
    }

    /** No bound, at the limit's own pace: what was granted elsewhere. */
    static Ceiling everything(Limit limit) {
        return new Ceiling(limit, Long.MAX_VALUE, Long.MAX_VALUE, limit.amount(), 0, Long.MAX_VALUE);
    }

    /** Of a limit that is divided evenly, without asking anybody. */
    static Ceiling part(Limit limit, int processes) {
        long amount = Math.max(1, limit.amount() / processes);
        return new Ceiling(limit.amount(amount), amount, amount, limit.amount(), 0, Long.MAX_VALUE);
    }

    /** Whether it may be tried: counters see to what was used. */
    boolean allows(Charge charge) {
        return !charge.limit().hard()
                || charge.amount() <= amount && charge.limit().amount() == basis;
    }

    /** The same, used no further than this. */
    Ceiling loweredTo(Limit limit, long used) {
        return of(limit, Math.min(amount, used), elsewhere, Long.MAX_VALUE);
    }
}
