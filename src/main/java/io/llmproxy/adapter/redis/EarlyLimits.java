package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the limits that hold before a key is known. One that said no a moment ago refuses without a question, until it can
 * say anything else, or for half a second at most. One that is nearly used up is to be asked before a body is read. Thread-safe.
 */
final class EarlyLimits {
    private static final int MOST = 20_000;
    private static final long LONGEST_MICROS = 500_000;
    private static final long SLOT_MICROS = 5_000;
    /** A limit is near where this part of it is left, or less. */
    private static final int NEAR_PART = 10;

    private static final long NEAR_LEAST = Duration.ofSeconds(2).toNanos();
    private static final long NEAR_MOST = Duration.ofMinutes(10).toNanos();

    /**
     * Of one counter.
     *
     * @param refusal what it said; null: it did not refuse
     * @param refuses until when, of {@link System#nanoTime}, it refuses
     * @param near until when it is to be asked
     */
    private record Known(@Nullable Refusal refusal, long refuses, long near) {}

    private final ConcurrentHashMap<CounterKey, Known> known = new ConcurrentHashMap<>();

    /** @param waitMicros until it may say something else; 0: time alone does not help */
    void denied(Charge charge, Refusal refusal, long waitMicros) {
        Limit limit = charge.limit();
        boolean nobody =
                refusal.remaining() <= 0 && refusal.asked() <= limit.amount(); // not this one alone, for what it wants
        if (!nobody || !limit.early() && !limit.foreseen()) {
            return;
        }
        long micros =
                slot(limit) ? SLOT_MICROS : waitMicros == 0 ? LONGEST_MICROS : Math.min(waitMicros, LONGEST_MICROS);
        long now = System.nanoTime();
        note(charge, new Known(refusal, now + micros * 1000, now + near(limit, waitMicros)));
    }

    /**
     * These took what they wanted.
     *
     * @param answer to a {@link Take}
     * @param from the first of them among its charges
     */
    void granted(List<Charge> charges, long[] answer, int from) {
        for (int i = 0; i < charges.size(); i++) {
            Charge charge = charges.get(i);
            int at = 1 + 4 * (from + i);
            if (answer[at] <= charge.limit().amount() / NEAR_PART
                    && charge.limit().hard()) {
                note(charge, new Known(null, 0, System.nanoTime() + near(charge.limit(), answer[at + 1])));
            } else if (!known.isEmpty()) {
                known.remove(charge.key());
            }
        }
    }

    private void note(Charge charge, Known one) {
        if (known.mappingCount() >= MOST) {
            known.clear();
        }
        known.put(charge.key(), one);
    }

    /** Others may take what is left at any time; what was used becomes less only so soon. */
    private static long near(Limit limit, long micros) {
        long nanos = slot(limit) ? 0 : micros == 0 || micros > NEAR_MOST / 1000 ? NEAR_MOST : micros * 1000;
        return Math.max(NEAR_LEAST, nanos);
    }

    private static boolean slot(Limit limit) {
        return RedisKeys.kind(limit) == RedisKeys.Kind.RUNNING;
    }

    /** Null where none is known to refuse. */
    @Nullable
    Denied refusal(List<Charge> charges) {
        if (known.isEmpty()) {
            return null;
        }
        Denied denied = null;
        for (Charge charge : charges) {
            Known one = known.get(charge.key());
            if (one != null
                    && one.refusal != null
                    && one.refuses - System.nanoTime() > 0
                    && one.refusal.limit().equals(charge.limit())) {
                denied =
                        Denied.with(denied, new Refusal(charge.limit(), charge.amount(), 0, one.refusal.waitSeconds()));
            }
        }
        return denied;
    }

    /** Whether one of them may well refuse. */
    boolean near(List<Charge> charges) {
        if (known.isEmpty()) {
            return false;
        }
        boolean near = false;
        for (Charge charge : charges) {
            Known one = known.get(charge.key());
            if (one != null && one.near - System.nanoTime() > 0) {
                near = true;
            } else if (one != null) {
                known.remove(charge.key(), one);
            }
        }
        return near;
    }

    void forget() {
        known.clear();
    }
}
