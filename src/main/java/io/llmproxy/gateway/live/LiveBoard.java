package io.llmproxy.gateway.live;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.EndedRequest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Sums of the last ten seconds, by second: all requests, and those of each tenant, provider and model. It is told of requests only
 * while somebody looks, and for half a minute after. Thread-safe; no request's thread waits for it.
 */
public final class LiveBoard {
    /** How many seconds are summed up. */
    public static final int SECONDS = 10;

    /** How many of each kind are told apart; the rest are {@link #OTHER}. */
    static final int NAMES = 100;

    /** In place of a name. */
    public static final String OTHER = "other";

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    /** What requests are told apart by. */
    public enum Kind {
        TENANT,
        PROVIDER,
        MODEL
    }

    private record Name(Kind kind, String name) {}

    private static final class Second {
        private final long number;
        private final LiveSum all = new LiveSum();
        private final Map<Name, LiveSum> named = new HashMap<>();
        private final Map<Kind, Integer> names = new EnumMap<>(Kind.class);

        Second(long number) {
            this.number = number;
        }

        LiveSum of(Kind kind, String name) {
            Name known = new Name(kind, name);
            LiveSum sum = named.get(known);
            if (sum == null && names.merge(kind, 1, Integer::sum) > NAMES) {
                known = new Name(kind, OTHER);
            }
            return named.computeIfAbsent(known, n -> new LiveSum());
        }
    }

    /**
     * What was seen.
     *
     * @param seconds how many are summed up; fewer than {@link #SECONDS} where somebody has just begun to look
     */
    public record Report(int seconds, LiveFigures all, Map<Kind, Map<String, LiveFigures>> named) {}

    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile long lastLook;
    private volatile boolean looked;
    // guarded by lock, as is the next one
    private final List<Second> seconds = new ArrayList<>();
    private long since;

    /** @param nanos a counter of nanoseconds, as {@link System#nanoTime} */
    public LiveBoard(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** Whether somebody looks. */
    boolean wanted() {
        return looked && nanos.getAsLong() - lastLook < PATIENCE;
    }

    void add(List<EndedRequest> some) {
        lock.lock();
        try {
            Second second = current();
            for (EndedRequest request : some) {
                UsageRecord record = request.record();
                int status = request.status();
                long micros = request.durationMicros();
                second.all.add(status, micros, record);
                if (record != null) {
                    second.of(Kind.TENANT, record.tenantSlug()).add(status, micros, record);
                    String provider = record.provider();
                    if (provider != null) {
                        second.of(Kind.PROVIDER, provider).add(status, micros, record);
                    }
                    // what strangers to the providers invent is no model
                    String model = provider == null ? null : record.requestedModel();
                    if (model != null) {
                        second.of(Kind.MODEL, model).add(status, micros, record);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private Second current() {
        long number = second();
        Second last = seconds.isEmpty() ? null : seconds.getLast();
        if (last == null || last.number != number) {
            last = new Second(number);
            seconds.add(last);
            forget(number);
        }
        return last;
    }

    private void forget(long now) {
        seconds.removeIf(s -> s.number < now - SECONDS);
    }

    private long second() {
        return TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong());
    }

    /** The whole seconds before this one, up to ten of them; from now on the board is told of requests. */
    public Report look() {
        lock.lock();
        try {
            long now = second();
            if (!wanted()) {
                since = now;
                seconds.clear();
            }
            lastLook = nanos.getAsLong();
            looked = true;
            forget(now);
            LiveSum all = new LiveSum();
            Map<Name, LiveSum> sums = new HashMap<>();
            for (Second second : seconds) {
                if (second.number < now) {
                    all.add(second.all);
                    second.named.forEach((name, sum) ->
                            sums.computeIfAbsent(name, n -> new LiveSum()).add(sum));
                }
            }
            return new Report((int) Math.min(SECONDS, now - since), all.figures(), figures(sums));
        } finally {
            lock.unlock();
        }
    }

    private static Map<Kind, Map<String, LiveFigures>> figures(Map<Name, LiveSum> sums) {
        Map<Kind, Map<String, LiveFigures>> out = new HashMap<>();
        for (Kind kind : Kind.values()) {
            out.put(kind, new HashMap<>());
        }
        sums.forEach((name, sum) -> {
            Map<String, LiveFigures> of = out.get(name.kind);
            if (of != null) {
                of.put(name.name, sum.figures());
            }
        });
        return out;
    }
}
