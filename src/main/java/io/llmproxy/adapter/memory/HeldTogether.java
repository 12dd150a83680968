package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charges;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.domain.limit.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a request has taken of a {@link Lineup}; given back or settled once, by whoever is first. Filled by one thread, before others see it. */
final class HeldTogether implements Reservation {
    private static final AtomicIntegerFieldUpdater<HeldTogether> ENDED =
            AtomicIntegerFieldUpdater.newUpdater(HeldTogether.class, "ended");

    private final Lineup lineup;
    private final Charges charges;
    private final StoreClock clock;
    private final long steady;
    private final long calendar;
    private final long[] used;
    /** What is not counted in windows; null at an index: it is, or is not taken yet. */
    private @Nullable Hold @Nullable [] holds;

    private boolean notable;
    private boolean passed;
    /** A bit for each that was given back alone. */
    private long released;

    private volatile int ended;

    HeldTogether(Lineup lineup, Charges charges, StoreClock clock, long steady, long calendar) {
        this.lineup = lineup;
        this.charges = charges;
        this.clock = clock;
        this.steady = steady;
        this.calendar = calendar;
        this.used = new long[charges.size()];
    }

    /** When it was taken, by the steady clock. */
    long steady() {
        return steady;
    }

    /** @param all what is used of it with this */
    void took(int i, long all) {
        used[i] = all;
        if (lineup.near(i, all)) {
            notable = true;
            passed |= lineup.passed(i, all);
        }
    }

    void took(int i, Hold hold) {
        @Nullable Hold[] known = holds;
        if (known == null) {
            known = new Hold[used.length];
            holds = known;
        }
        known[i] = hold;
        took(i, hold.used());
    }

    /** Gives back the first so many, the last of them first: what many share is held for the shortest time. */
    void giveBack(int count) {
        for (int i = count - 1; i >= 0; i--) {
            correct(i, -charges.amount(i));
        }
    }

    private void correct(int i, long delta) {
        if (delta != 0 && (released >>> i & 1) == 0) {
            Hold hold = hold(i);
            if (hold == null) {
                lineup.correct(i, charges.amount(i), delta, clock);
            } else {
                hold.correct(delta, clock);
            }
        }
    }

    private @Nullable Hold hold(int i) {
        @Nullable Hold[] known = holds;
        return known == null ? null : known[i];
    }

    @Override
    public List<Grant> grants() {
        List<Grant> grants = new ArrayList<>(used.length);
        for (int i = 0; i < used.length; i++) {
            if ((released >>> i & 1) == 0) {
                grants.add(new One(i));
            }
        }
        return grants;
    }

    @Override
    public boolean notable() {
        return notable;
    }

    @Override
    public void tell(Standing standing) {
        if (passed || released != 0) {
            Reservation.super.tell(standing);
            return;
        }
        standing.scopes(lineup.scopes());
        Grant requests = tightest(lineup.requests());
        if (requests != null) {
            standing.requests(requests);
        }
        Grant tokens = tightest(lineup.tokens());
        if (tokens != null) {
            standing.tokens(tokens);
        }
    }

    /** The first of those of which least is left. */
    private @Nullable Grant tightest(int[] among) {
        int tightest = -1;
        long least = Long.MAX_VALUE;
        for (int i : among) {
            long left = lineup.remaining(i, used[i]);
            if (left < least) {
                tightest = i;
                least = left;
            }
        }
        return tightest < 0 ? null : new One(tightest);
    }

    private boolean end() {
        return ENDED.compareAndSet(this, 0, 1);
    }

    @Override
    public long settle(ActualUse use) {
        if (!end()) {
            return 0;
        }
        long overrun = 0;
        for (int i : lineup.settled()) {
            long delta = use.of(lineup.metric(i), charges.amount(i)) - charges.amount(i);
            correct(i, delta);
            if (delta > overrun && lineup.metric(i).tokens() && (released >>> i & 1) == 0) {
                overrun = delta;
            }
        }
        return overrun;
    }

    @Override
    public void release() {
        if (end()) {
            giveBack(used.length);
        }
    }

    @Override
    public void release(Predicate<Limit> which) {
        if (ended != 0) {
            return;
        }
        for (int i = 0; i < used.length; i++) {
            if (which.test(lineup.limit(i))) {
                correct(i, -charges.amount(i));
                released |= 1L << i;
            }
        }
    }

    /** One of them. */
    private final class One implements Grant {
        private final int i;

        One(int i) {
            this.i = i;
        }

        @Override
        public Limit limit() {
            return lineup.limit(i);
        }

        @Override
        public long amount() {
            return charges.amount(i);
        }

        @Override
        public long remaining() {
            return lineup.remaining(i, used[i]);
        }

        @Override
        public long resetSeconds() {
            Hold hold = hold(i);
            return hold == null ? Hold.seconds(lineup.lasts(i, steady, calendar)) : hold.resetSeconds();
        }

        @Override
        public boolean near() {
            return lineup.near(i, used[i]);
        }

        @Override
        public boolean passed() {
            return lineup.passed(i, used[i]);
        }
    }
}
