package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes of the counters of one request. Whoever asked waits for the answer for a moment only; what is granted to nobody is given
 * back.
 */
final class Take extends Call {
    private static final long[] FAILED = {};
    private static final long[] GIVEN_UP = {-1};

    private final List<Charge> charges;
    private final Incarnation incarnation;
    private final Thread waiter;
    private final BiConsumer<Take, long[]> unwanted;
    private final AtomicReference<long @Nullable []> answer = new AtomicReference<>();
    private boolean counted;

    private Take(
            List<Charge> charges,
            List<byte[]> keys,
            byte[] argument,
            Incarnation incarnation,
            BiConsumer<Take, long[]> unwanted) {
        super(RedisScript.TAKE, keys, argument);
        this.charges = charges;
        this.incarnation = incarnation;
        this.waiter = Thread.currentThread();
        this.unwanted = unwanted;
    }

    /** @param unwanted told an answer that came when nobody waited any more, on the thread of the line */
    static Take of(List<Charge> charges, Incarnation incarnation, ServerTime time, BiConsumer<Take, long[]> unwanted) {
        List<byte[]> keys = new ArrayList<>(charges.size() + 1);
        keys.add(RedisKeys.leases());
        Packer out = new Packer(2 + 8 * charges.size()).number(time.told()).text(incarnation.name());
        long now = time.now();
        for (Charge charge : charges) {
            Limit limit = charge.limit();
            keys.add(RedisKeys.counter(limit, charge.key().subject()));
            out.number(RedisKeys.kind(limit))
                    .number(limit.hard() ? 1 : 0)
                    .number(limit.amount())
                    .number(charge.amount())
                    .number(limit.period().micros())
                    .number(limit.segments())
                    .number(ServerTime.start(limit, now))
                    .number(ServerTime.end(limit, now));
        }
        return new Take(charges, keys, out.bytes(), incarnation, unwanted);
    }

    List<Charge> charges() {
        return charges;
    }

    Incarnation incarnation() {
        return incarnation;
    }

    /** How many slots of what runs at one time it is about. */
    static boolean slot(Charge charge) {
        return RedisKeys.kind(charge.limit()) == RedisKeys.Kind.RUNNING && charge.amount() > 0;
    }

    @Override
    boolean wanted() {
        return answer.get() == null || counted;
    }

    @Override
    void answered(Object packed) {
        long[] numbers = Unpacker.numbers((byte[]) packed);
        if (granted(numbers)) {
            charges.stream().filter(Take::slot).forEach(c -> incarnation.took());
        }
        if (answer.compareAndSet(null, numbers)) {
            LockSupport.unpark(waiter);
        } else {
            unwanted.accept(this, numbers);
        }
    }

    @Override
    void failed() {
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

    /** Waits for the answer until then, of {@link System#nanoTime}; null: there is none. */
    long @Nullable [] await(long deadline) {
        boolean interrupted = false;
        long @Nullable [] known = answer.get();
        while (known == null) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                answer.compareAndSet(null, GIVEN_UP);
            } else {
                LockSupport.parkNanos(this, left);
                interrupted |= Thread.interrupted();
            }
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
