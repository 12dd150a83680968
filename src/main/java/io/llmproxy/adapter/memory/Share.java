package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.PastUse;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What this process holds of one limit that several share, for one counter. Requests read the ceiling and may ask for more; one
 * thread at a time, the keeper's, moves it.
 *
 * <p>A ceiling is lowered in two steps that leave no gap: it is set first, and then the use is read which is the least that must be
 * kept. A request that took at that moment under the old ceiling looks at the ceiling again after it has taken, and gives back
 * where that has fallen below; so either its use was seen, or it was not granted.
 */
final class Share {
    private final CounterKey key;
    private final Consumer<Share> asking;
    private final AtomicBoolean queued = new AtomicBoolean();
    private final AtomicLong lacking = new AtomicLong();
    private final AtomicLong largest = new AtomicLong();
    private volatile Limit limit;
    private volatile Ceiling ceiling;
    /** Until when it is known that there is no more, by the steady counter; what is asked before is in vain. */
    private volatile long barrenUntil;

    private volatile boolean barren;

    /** The limit's amount, where this process helps itself to a part of it while the book is away; else 0. */
    volatile long widened;

    /** Whether the book has not answered for it yet. */
    volatile boolean first = true;

    private volatile boolean ended;

    // the keeper's own
    /** What the book holds for this process; of that, the ceiling is what it may use without a word to the book. */
    long held;
    /** What the book says that it holds: more than that where all hold more than there is, until it is told so. */
    long booked;
    /** What was told to the book that may be used. */
    long told;
    /** From what use on more must be held. */
    long low = Long.MAX_VALUE;

    boolean leaving;
    boolean wanted;
    boolean gone;
    /** At least this was used by all before this life; null: unknown. */
    @Nullable
    PastUse past;

    long reported = -1;
    long seen;
    int idle;
    private final String subject;

    /** @param asking takes those that want more */
    Share(CounterKey key, Limit limit, Ceiling ceiling, Consumer<Share> asking) {
        this.key = key;
        this.subject = SubjectText.of(key);
        this.limit = limit;
        this.ceiling = ceiling;
        this.asking = asking;
    }

    CounterKey key() {
        return key;
    }

    String subject() {
        return subject;
    }

    /** The limit as a request has it, which may have been changed. */
    void see(Limit current) {
        Limit known = limit;
        if (current.amount() != known.amount() || current.mode() != known.mode() || !countsAs(current, known)) {
            limit = current;
        }
    }

    /** Whether one counter serves both: what is used is asked of the counter that counts by the limit as it is. */
    private static boolean countsAs(Limit one, Limit other) {
        return one.algorithm() == other.algorithm()
                && one.period() == other.period()
                && one.segments() == other.segments()
                && one.zone().equals(other.zone());
    }

    Limit limit() {
        return limit;
    }

    Ceiling ceiling() {
        return ceiling;
    }

    /** Whether what was taken may be kept, and whether it is time for more. */
    boolean stands(Hold hold) {
        Ceiling now = ceiling;
        if (hold.used() > now.refill() && !queued.get()) {
            ask();
        }
        return hold.used() <= now.amount()
                || hold.amount() == 0
                || !hold.limit().hard();
    }

    /** A request could not have what it needs. @return whether it is worth waiting for an answer */
    boolean lack(Limit current, long amount, long now) {
        boolean changed = current.amount() != ceiling.basis();
        if (changed) {
            limit = current;
        } else if (barren(now)) {
            return false;
        }
        lacking.addAndGet(amount);
        largest.accumulateAndGet(amount, Math::max);
        ask();
        return true;
    }

    void ask() {
        if (queued.compareAndSet(false, true)) {
            asking.accept(this);
        }
    }

    boolean queued() {
        return queued.get();
    }

    /** What requests lack in all since the last call. */
    long takeLacking() {
        return lacking.getAndSet(0);
    }

    /** The most that one of them lacks. */
    long takeLargest() {
        return largest.getAndSet(0);
    }

    /** Nothing is held any more: a counter that still has it is to get another. */
    boolean ended() {
        return ended;
    }

    /** Nobody holds it any more; who waits for it finds or makes another. */
    void dropped() {
        ended = true;
        lacking.set(0);
        queued.set(false);
    }

    /** The keeper has asked; more may have come to lack something meanwhile. */
    void answered() {
        queued.set(false);
        if (lacking.get() > 0) {
            ask();
        }
    }

    /** How much was used by all before this life; negative: unknown. */
    long known() {
        return past == null ? -1 : past.charge().amount();
    }

    /** What was used before this life, as far as it is known. */
    PastUse past(Limit current) {
        return past == null ? PastUse.now(new Charge(current, key, 0)) : past;
    }

    void set(Ceiling next) {
        ceiling = next;
    }

    /** Whether the book has just said that there is no more. */
    boolean barren(long now) {
        return barren && now - barrenUntil < 0;
    }

    /** There was less than was lacked: no use to ask again before then. */
    void barrenUntil(long nanos) {
        barrenUntil = nanos;
        barren = true;
    }

    void fertile() {
        barren = false;
    }
}
