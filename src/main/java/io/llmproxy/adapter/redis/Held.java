package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.Reservation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** What a request holds in Redis. What it came to use is told in the background, in the order in which requests end. */
final class Held implements Reservation {
    /** How long until nothing is used, and how much is left, as Redis said at the taking. */
    private record Hold(Charge charge, long remaining, long drainedMicros, boolean passed, long stamp)
            implements Grant {
        @Override
        public Limit limit() {
            return charge.limit();
        }

        @Override
        public long amount() {
            return charge.amount();
        }

        @Override
        public long resetSeconds() {
            return seconds(drainedMicros);
        }
    }

    private static final long SECOND = 1_000_000;

    private List<Hold> holds;
    private final Incarnation incarnation;
    private final Corrections corrections;
    private final RedisLine line;
    private final Reservation here;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Held(List<Hold> holds, Incarnation incarnation, Corrections corrections, RedisLine line, Reservation here) {
        this.holds = holds;
        this.incarnation = incarnation;
        this.corrections = corrections;
        this.line = line;
        this.here = here;
    }

    /**
     * The charges from {@code from} on, up to and without {@code to}, of what was granted.
     *
     * @param here the same by this process's own counters
     */
    static Held of(
            Take take, long[] answer, int from, int to, Corrections corrections, RedisLine line, Reservation here) {
        Hold[] holds = new Hold[to - from];
        for (int i = from; i < to; i++) {
            int at = 1 + 4 * i;
            Charge charge = take.charges().get(i);
            boolean passed = answer[at + 2] == 1
                    && (charge.amount() > 0 || !charge.limit().hard());
            holds[i - from] = new Hold(charge, answer[at], answer[at + 1], passed, answer[at + 3]);
        }
        return new Held(List.of(holds), take.incarnation(), corrections, line, here);
    }

    /** Rounded up; 0 for what never comes. */
    static long seconds(long micros) {
        return micros == 0 ? 0 : Math.max(1, Math.ceilDiv(micros, SECOND));
    }

    @Override
    public List<Grant> grants() {
        return List.copyOf(holds);
    }

    @Override
    public long settle(ActualUse use) {
        if (!ended.compareAndSet(false, true)) {
            return 0;
        }
        here.settle(use);
        long overrun = 0;
        boolean more = false;
        for (Hold hold : holds) {
            long delta = use.of(hold.limit().metric(), hold.amount()) - hold.amount();
            correct(hold, delta);
            more |= delta > 0;
            if (hold.limit().metric().tokens()) {
                overrun = Math.max(overrun, delta);
            }
        }
        if (more) {
            line.tellFirst(); // or what was used beyond it would be granted again
        }
        line.told();
        return overrun;
    }

    @Override
    public void release() {
        if (ended.compareAndSet(false, true)) {
            here.release();
            holds.forEach(hold -> correct(hold, -hold.amount()));
            line.told();
        }
    }

    @Override
    public void release(Predicate<Limit> which) {
        if (ended.get()) {
            return;
        }
        here.release(which);
        List<Hold> kept = new ArrayList<>(holds.size());
        for (Hold hold : holds) {
            if (which.test(hold.limit())) {
                correct(hold, -hold.amount());
            } else {
                kept.add(hold);
            }
        }
        holds = kept;
        line.told();
    }

    private void correct(Hold hold, long delta) {
        if (delta == 0) {
            return;
        }
        boolean slot = Take.slot(hold.charge);
        if (slot) {
            incarnation.gaveBack();
        }
        corrections.settle(new Correction(
                hold.limit(), hold.charge.key().subject(), delta, hold.stamp, slot ? incarnation.name() : "", false));
    }
}
