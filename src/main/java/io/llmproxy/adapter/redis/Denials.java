package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which of the limits that hold before a key is known said no a moment ago: until they can say anything else, or half a second at
 * most, requests are refused without a question and before their body is read.
 */
final class Denials {
    private static final int MOST = 20_000;
    private static final long LONGEST_MICROS = 500_000;
    private static final long SLOT_MICROS = 5_000;

    private record Known(Denied denied, long until) {}

    private final ConcurrentHashMap<CounterKey, Known> known = new ConcurrentHashMap<>();

    /** @param waitMicros until it may say something else; 0: time alone does not help */
    void note(Charge charge, Denied denied, long waitMicros) {
        if (!charge.limit().early()) {
            return;
        }
        if (known.mappingCount() >= MOST) {
            known.clear();
        }
        long micros = RedisKeys.kind(charge.limit()) == RedisKeys.Kind.RUNNING
                ? SLOT_MICROS
                : waitMicros == 0 ? LONGEST_MICROS : Math.min(waitMicros, LONGEST_MICROS);
        known.put(charge.key(), new Known(denied, System.nanoTime() + micros * 1000));
    }

    @Nullable
    Denied of(List<Charge> charges) {
        if (known.isEmpty()) {
            return null;
        }
        for (Charge charge : charges) {
            Known one = known.get(charge.key());
            if (one != null) {
                if (one.until - System.nanoTime() > 0 && one.denied.limit().equals(charge.limit())) {
                    return one.denied;
                }
                known.remove(charge.key(), one);
            }
        }
        return null;
    }

    void forget() {
        known.clear();
    }
}
