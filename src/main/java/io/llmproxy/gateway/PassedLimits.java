package io.llmproxy.gateway;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * How many requests were served although they passed a limit that is soft or shadow, since the start: for shadow limits, what
 * would have been refused. Noting is for the hot path: it counts, and neither formats nor waits. Thread-safe, but for {@link #due}.
 */
public final class PassedLimits {
    /** Subjects of one limit that are counted by themselves; those beyond count for the limit alone. */
    static final int SUBJECTS = 1000;

    private final ConcurrentHashMap<String, Count> counts = new ConcurrentHashMap<>();
    private final LongAdder soft = new LongAdder();
    private final LongAdder shadow = new LongAdder();

    /**
     * What is to be said of a limit.
     *
     * @param subject one of those that passed it, the last known
     * @param requests that passed it since it was last said
     */
    public record Passed(Limit limit, Object subject, long requests) {}

    private static final class Count {
        private final LongAdder all = new LongAdder();
        private final ConcurrentHashMap<Object, LongAdder> bySubject = new ConcurrentHashMap<>();
        private volatile Object last = CounterKey.ONE;
        // of the one thread that asks what is due
        private long told;
        private @Nullable Long window;

        void add(Object subject) {
            all.increment();
            last = subject;
            LongAdder own = bySubject.get(subject);
            if (own == null && bySubject.size() < SUBJECTS) {
                own = bySubject.computeIfAbsent(subject, s -> new LongAdder());
            }
            if (own != null) {
                own.increment();
            }
        }
    }

    public void note(Limit limit, Object subject) {
        (limit.mode() == LimitMode.SHADOW ? shadow : soft).increment();
        Count known = counts.get(limit.id());
        (known != null ? known : counts.computeIfAbsent(limit.id(), id -> new Count())).add(subject);
    }

    /** How many requests of a counter's subject passed its limit. */
    public long of(CounterKey counter) {
        Count count = counts.get(counter.limitId());
        LongAdder own = count == null ? null : count.bySubject.get(counter.subject());
        return own == null ? 0 : own.sum();
    }

    /** How often a soft limit was passed, those of limits included that are gone. */
    public long soft() {
        return soft.sum();
    }

    /** How often a shadow limit would have refused, those of limits included that are gone. */
    public long shadow() {
        return shadow.sum();
    }

    /**
     * What passed and was not said yet: of each limit once in its period, and once a minute at most. Forgets limits that are no
     * longer in force. For one thread.
     */
    public List<Passed> due(Map<String, Limit> inForce, Instant now) {
        counts.keySet().removeIf(id -> !inForce.containsKey(id));
        List<Passed> due = new ArrayList<>();
        counts.forEach((id, count) -> {
            Limit limit = inForce.get(id);
            long all = count.all.sum();
            if (limit == null || all == count.told) {
                return;
            }
            long window = window(limit, now);
            if (count.window == null || count.window != window) {
                due.add(new Passed(limit, count.last, all - count.told));
                count.told = all;
                count.window = window;
            }
        });
        return due;
    }

    private static long window(Limit limit, Instant now) {
        LimitPeriod period = switch (limit.period()) {
            case SECOND, MINUTE, NONE -> LimitPeriod.MINUTE;
            case HOUR, DAY, MONTH -> limit.period();
            case TOTAL -> LimitPeriod.DAY;
        };
        return period.start(ChronoUnit.MICROS.between(Instant.EPOCH, now), limit.zone());
    }
}
