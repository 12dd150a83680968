package io.llmproxy.gateway.resilience;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How one model of one provider does. Thread-safe.
 *
 * <p>Of a provider that several tenants share a failure that a request may have caused itself, such as a plain 500, says nothing to the
 * other tenants: it counts in a breaker of that tenant alone, so that nobody can take a model from the others by asking badly.
 */
public final class TargetHealth {
    /** The longest that a provider's Retry-After keeps others from it. */
    static final long LONGEST_REST_NANOS = 60_000_000_000L;
    /** After so long without a call a latency is worth half of what it was, so that a slow target gets another chance. */
    private static final double HALF_LIFE_MILLIS = 30_000;

    private static final int NANOS_OF_A_UNIT = 1000;
    private static final int NANOS_OF_A_MILLI = 1_000_000;
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    /** Tenants that fail beyond are not told apart, and so nothing is held against them. */
    private static final int MOST_TENANTS = 1000;

    private final String model;
    private final ResilienceRules rules;
    private final Breaker breaker;
    /** Breakers of tenants whose own calls failed of late; null: none did. */
    private volatile @Nullable Map<UUID, Breaker> ofTenants;

    private volatile long restsUntil;
    private final Latency streams = new Latency();
    private final Latency others = new Latency();

    TargetHealth(String model, ResilienceRules rules) {
        this.model = model;
        this.rules = rules;
        this.breaker = breaker(rules);
    }

    private static Breaker breaker(ResilienceRules rules) {
        return new Breaker(rules.failures(), rules.pause().toNanos());
    }

    /** Empty: requests that name none, or one of too many models to tell apart. */
    public String model() {
        return model;
    }

    /** That of all who use it. */
    public Breaker breaker() {
        return breaker;
    }

    /** That of one tenant's own failures; null: there are none, or none are told apart. */
    private @Nullable Breaker of(@Nullable UUID tenant) {
        Map<UUID, Breaker> known = ofTenants;
        return known == null || tenant == null ? null : known.get(tenant);
    }

    /**
     * Whether a call could be made now; takes nothing.
     *
     * @param tenant who would make it, where several share the provider; else null
     */
    public boolean allows(@Nullable UUID tenant, long now) {
        Breaker own = of(tenant);
        return breaker.allows(now) && (own == null || own.allows(now));
    }

    /** Whether a call may be made now, which may be a probe; the clock is looked at where a breaker is not closed. */
    public boolean enter(@Nullable UUID tenant, HealthBoard board) {
        Breaker own = of(tenant);
        return breaker.closed() && (own == null || own.closed()) || enter(tenant, board.now());
    }

    private boolean enter(@Nullable UUID tenant, long now) {
        Breaker own = of(tenant);
        return allows(tenant, now) && (own == null || own.enter(now)) && breaker.enter(now);
    }

    /** A call got an answer; whether that closed the breaker of all. */
    public boolean success(@Nullable UUID tenant) {
        Map<UUID, Breaker> known = ofTenants;
        if (known != null && tenant != null) {
            known.remove(tenant);
        }
        return breaker.success();
    }

    /** A call failed by the target's fault; whether that opened the breaker of all. */
    public boolean failure(long now, String why) {
        return breaker.failure(now, why);
    }

    /** A call of that tenant failed, by its own fault or the target's; whether the target is left alone for the tenant from now on. */
    public boolean failure(UUID tenant, long now, String why) {
        Map<UUID, Breaker> known = tenants();
        Breaker own = known.get(tenant);
        if (own == null && known.size() < MOST_TENANTS) {
            own = known.computeIfAbsent(tenant, t -> breaker(rules));
        }
        return own != null && own.failure(now, why);
    }

    private synchronized Map<UUID, Breaker> tenants() {
        Map<UUID, Breaker> known = ofTenants;
        if (known == null) {
            known = new ConcurrentHashMap<>();
            ofTenants = known;
        }
        return known;
    }

    /** Nanoseconds until the next probe may go; 0: now. */
    public long remaining(@Nullable UUID tenant, long now) {
        Breaker own = of(tenant);
        return Math.max(breaker.remaining(now), own == null ? 0 : own.remaining(now));
    }

    /** Why the last call failed that did; null: none has. */
    public @Nullable String reason(@Nullable UUID tenant, long now) {
        Breaker own = of(tenant);
        return own != null && !own.allows(now) ? own.reason() : breaker.reason();
    }

    /** Breakers that are not closed, those of single tenants among them. */
    int open(long now) {
        int open = breaker.state(now) == Breaker.State.CLOSED ? 0 : 1;
        Map<UUID, Breaker> known = ofTenants;
        if (known != null) {
            for (Breaker own : known.values()) {
                open += own.state(now) == Breaker.State.CLOSED ? 0 : 1;
            }
        }
        return open;
    }

    /** Whether it is worth sending something there now: its breakers let through, and it did not ask for a pause. */
    public boolean available(@Nullable UUID tenant, long now) {
        return allows(tenant, now) && now >= restsUntil;
    }

    /** The provider has asked for a pause; where there is another target, that comes first until then. */
    public void rest(long now, long nanos) {
        restsUntil = now + Math.min(nanos, LONGEST_REST_NANOS);
    }

    /** Nanoseconds that the pause still lasts. */
    public long resting(long now) {
        return Math.max(0, restsUntil - now);
    }

    /** The first byte came after so long. */
    public void answered(boolean stream, long now, long nanos) {
        (stream ? streams : others).add(now, nanos);
    }

    /** How long the first byte takes, of late, in nanoseconds; 0: nobody knows. What was not measured for long counts less. */
    public long latency(boolean stream, long now) {
        long own = (stream ? streams : others).value(now);
        return own > 0 ? own : (stream ? others : streams).value(now);
    }

    /**
     * A mean in which each measurement counts for a fifth, and of those of one millisecond one: what is written at each request
     * would go to and fro between the processors' caches, with all that lies beside it.
     */
    private static final class Latency {
        /** Microseconds in the low half, above it the milliseconds of the last measurement, which turn over. */
        private final AtomicLong state = new AtomicLong();

        void add(long now, long nanos) {
            long known = state.get();
            int millis = (int) (now / NANOS_OF_A_MILLI);
            if (known != 0 && (int) (known >>> 32) == millis) {
                return;
            }
            long micros = Math.min(nanos / NANOS_OF_A_UNIT, Integer.MAX_VALUE);
            long mean = known == 0 ? micros : ((known & LOW_HALF) * 4 + micros) / 5;
            state.lazySet((long) millis << 32 | Math.max(1, mean));
        }

        long value(long now) {
            long known = state.get();
            // another thread may have measured since this one looked at the clock
            int age = Math.max(0, (int) (now / NANOS_OF_A_MILLI) - (int) (known >>> 32));
            long nanos = (known & LOW_HALF) * NANOS_OF_A_UNIT;
            double halvings = age / HALF_LIFE_MILLIS;
            return halvings < 1 ? nanos : (long) (nanos * Math.pow(0.5, halvings));
        }
    }
}
