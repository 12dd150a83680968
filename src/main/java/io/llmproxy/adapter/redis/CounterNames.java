package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The counters of one call, each once, and what their keys are: those of late are remembered, since writing a key takes longer than all else
 * that is done for a charge. Of the line's thread alone.
 */
final class CounterNames {
    /** That are written for each counter. */
    static final int NUMBERS = 7;

    private static final int MOST_KNOWN = 8192;
    /** Of one call, but for a single request with more: Redis hands a script's keys on over a stack of some thousand places. */
    private static final int MOST_COUNTERS = 1000;

    private final Map<CounterKey, Name> known = new HashMap<>();
    private final List<Name> named = new ArrayList<>();
    private int call;

    private static final class Name {
        private final Limit limit;
        private final byte[] key;
        private long start;
        private long end;
        private int call;
        private int number;

        Name(Charge charge) {
            limit = charge.limit();
            key = RedisKeys.counter(limit, charge.key().subject());
        }

        boolean of(Limit other) {
            return limit.equals(other);
        }

        /** The window of the calendar that it is in; not worked out anew while it is not over. */
        void at(long now) {
            if (now < start || now >= end) {
                start = ServerTime.start(limit, now);
                end = ServerTime.end(limit, now);
            }
        }
    }

    /** What follows is about another call. */
    void begin() {
        call++;
        named.clear();
        if (known.size() > MOST_KNOWN) {
            known.clear();
        }
    }

    /** Whether a request's charges fit into the call; a limit that was just changed has one meaning in a call. */
    boolean add(List<Charge> charges) {
        if (!named.isEmpty() && (named.size() + charges.size() > MOST_COUNTERS || contradicts(charges))) {
            return false;
        }
        for (Charge charge : charges) {
            Name name = known.get(charge.key());
            if (name == null || name.call != call) {
                if (name == null || !name.of(charge.limit())) {
                    name = new Name(charge);
                    known.put(charge.key(), name);
                }
                name.call = call;
                named.add(name);
                name.number = named.size();
            }
        }
        return true;
    }

    private boolean contradicts(List<Charge> charges) {
        for (Charge charge : charges) {
            Name name = known.get(charge.key());
            if (name != null && name.call == call && !name.of(charge.limit())) {
                return true;
            }
        }
        return false;
    }

    int counters() {
        return named.size();
    }

    /** Which of the call's counters it is, from 1. */
    int number(Charge charge) {
        @Nullable Name name = known.get(charge.key());
        if (name == null || name.call != call) {
            throw new IllegalArgumentException("not of this call: " + charge);
        }
        return name.number;
    }

    /** The key of the leases, and those of the call's counters. */
    List<byte[]> keys() {
        List<byte[]> keys = new ArrayList<>(named.size() + 1);
        keys.add(RedisKeys.leases());
        for (Name name : named) {
            keys.add(name.key);
        }
        return keys;
    }

    /**
     * {@link #NUMBERS} for each of the call's counters.
     *
     * @param now the server's time, as far as one can tell
     */
    void write(Packer out, long now) {
        for (Name name : named) {
            Limit limit = name.limit;
            name.at(now);
            out.number(RedisKeys.kind(limit))
                    .number(limit.hard() ? 1 : 0)
                    .number(limit.amount())
                    .number(limit.period().micros())
                    .number(limit.segments())
                    .number(name.start)
                    .number(name.end);
        }
    }
}
