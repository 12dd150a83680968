package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What Redis has yet to be told: by what requests that took of its counters differ from what they took, and what was granted here
 * while it was away. The first are as many as requests run at one time, the second as many as there are counters, up to a bound.
 */
final class Corrections {
    static final int MOST_OWED = 100_000;
    private static final int BATCH = 500;

    private final ConcurrentLinkedQueue<Correction> settled = new ConcurrentLinkedQueue<>();
    private final ConcurrentHashMap<CounterKey, Correction> owed = new ConcurrentHashMap<>();

    void settle(Correction correction) {
        settled.add(correction);
    }

    /**
     * Something was granted here that Redis does not know of.
     *
     * @param at the server's time, as far as one could tell
     */
    void owe(Charge charge, long amount, long at) {
        Limit limit = charge.limit();
        long stamp = stamp(limit, at);
        owed.compute(charge.key(), (key, known) -> {
            if (known == null) {
                return owed.mappingCount() >= MOST_OWED
                        ? null
                        : new Correction(limit, key.subject(), amount, stamp, "", true);
            }
            boolean over = known.stamp() != stamp && windowed(limit);
            return new Correction(
                    limit,
                    key.subject(),
                    over ? amount : known.delta() + amount,
                    Math.max(known.stamp(), stamp),
                    "",
                    true);
        });
    }

    private static boolean windowed(Limit limit) {
        int kind = RedisKeys.kind(limit);
        return kind == RedisKeys.Kind.WINDOW || kind == RedisKeys.Kind.EVEN;
    }

    private static long stamp(Limit limit, long at) {
        long period = limit.period().micros();
        return switch (RedisKeys.kind(limit)) {
            case RedisKeys.Kind.EVEN -> Math.floorDiv(at, period) * period;
            case RedisKeys.Kind.SLIDING -> Math.floorDiv(at, period / limit.segments());
            case RedisKeys.Kind.WINDOW -> ServerTime.start(limit, at);
            default -> at;
        };
    }

    boolean isEmpty() {
        return settled.isEmpty() && owed.isEmpty();
    }

    /** The next ones to tell, those of one counter together; empty: there are none. */
    List<Correction> next() {
        Map<CounterKey, List<Correction>> byKey = HashMap.newHashMap(16);
        int count = 0;
        for (Correction next = settled.poll(); next != null; next = settled.poll()) {
            merge(
                    byKey.computeIfAbsent(new CounterKey(next.limit().id(), next.subject()), k -> new ArrayList<>(2)),
                    next);
            if (++count >= BATCH) {
                break;
            }
        }
        List<Correction> all = new ArrayList<>();
        byKey.values().forEach(all::addAll);
        if (!owed.isEmpty()) {
            Iterator<CounterKey> keys = owed.keySet().iterator();
            while (keys.hasNext() && all.size() < BATCH) {
                Correction taken = owed.remove(keys.next());
                if (taken != null && taken.delta() > 0) {
                    all.add(taken);
                }
            }
        }
        return all;
    }

    private static void merge(List<Correction> known, Correction next) {
        for (int i = 0; i < known.size(); i++) {
            if (known.get(i).sameAs(next)) {
                known.set(i, known.get(i).and(next));
                return;
            }
        }
        known.add(next);
    }

    /** They are about this limit's counters, which begin anew. */
    void forget(Limit limit) {
        owed.keySet().removeIf(k -> k.limitId().equals(limit.id()));
    }
}
