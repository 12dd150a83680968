package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes of the counters of one request, in one call with those of other requests ({@link Takes}). Whoever asked waits for the answer for
 * a moment only; what is granted to nobody is given back.
 */
final class Take implements Asked {
    private static final long[] FAILED = {};
    private static final long[] GIVEN_UP = {-1};

    private final List<Charge> charges;
    private final Thread waiter;
    private final long deadline;
    private final BiConsumer<Take, long[]> unwanted;
    private final AtomicReference<long @Nullable []> answer = new AtomicReference<>();
    private boolean counted;
    private boolean untold;
    /** Whose slots it takes: known when it is sent. */
    private @Nullable Incarnation incarnation;

    /**
     * Asked for by the present thread.
     *
     * @param deadline until when it waits, of {@link System#nanoTime}
     * @param unwanted told an answer that came when nobody waited any more, on the thread of the line
     */
    Take(List<Charge> charges, long deadline, BiConsumer<Take, long[]> unwanted) {
        this.charges = charges;
        this.deadline = deadline;
        this.waiter = Thread.currentThread();
        this.unwanted = unwanted;
    }

    List<Charge> charges() {
        return charges;
    }

    /** On the thread of the line, before it is sent. */
    void by(Incarnation sender) {
        incarnation = sender;
    }

    /** On the thread of the line, before it is sent: something that others gave back is told only later. */
    void markUntold() {
        untold = true;
    }

    /** Whether a refusal may come of what others gave back and Redis had not heard of; when there is an answer. */
    boolean untold() {
        return untold;
    }

    /** By whom it was sent; when there is an answer. */
    Incarnation incarnation() {
        Incarnation sender = incarnation;
        if (sender == null) {
            throw new IllegalStateException("it was not sent");
        }
        return sender;
    }

    /** Whether it is about a slot of what runs at one time. */
    static boolean slot(Charge charge) {
        return RedisKeys.kind(charge.limit()) == RedisKeys.Kind.RUNNING && charge.amount() > 0;
    }

    @Override
    public boolean wanted() {
        return answer.get() == null || counted;
    }

    /** @param numbers 1, and for each charge: what is left, how long until nothing is used, whether it passed, stamp; or a refusal, which is as the script has it */
    void answered(long[] numbers) {
        if (granted(numbers)) {
            for (Charge charge : charges) {
                if (slot(charge)) {
                    incarnation().took();
                }
            }
        }
        if (answer.compareAndSet(null, numbers)) {
            LockSupport.unpark(waiter);
        } else {
            unwanted.accept(this, numbers);
        }
    }

    @Override
    public void failed() {
        if (answer.compareAndSet(null, FAILED)) {
            LockSupport.unpark(waiter);
        }
    }

    static boolean granted(long[] answer) {
        return answer.length > 0 && answer[0] == 1;
    }

    static boolean denied(long[] answer) {
        return answer.length > 0 && answer[0] == 0;
    }

    /** Nobody waits for the answer, and yet it is to be done; before it is asked for. */
    Take unattended() {
        counted = true;
        answer.set(GIVEN_UP);
        return this;
    }

    /** What Redis said. */
    long[] answer() {
        long @Nullable [] known = answer.get();
        if (known == null) {
            throw new IllegalStateException("there is no answer yet");
        }
        return known;
    }

    @Override
    public void expire(long now) {
        if (now - deadline >= 0 && answer.compareAndSet(null, GIVEN_UP)) {
            LockSupport.unpark(waiter);
        }
    }

    /** Waits for the answer; null: there is none. It ends by an answer, by {@link #failed} or by {@link #expire}. */
    long @Nullable [] await() {
        boolean interrupted = false;
        long @Nullable [] known = answer.get();
        while (known == null) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
            known = answer.get();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return known.length == 0 || known[0] < 0 ? null : known;
    }

    /** Whether it was given up for its time, and not since the line broke. */
    boolean late() {
        long @Nullable [] known = answer.get();
        return known != null && known.length > 0 && known[0] < 0;
    }
}
