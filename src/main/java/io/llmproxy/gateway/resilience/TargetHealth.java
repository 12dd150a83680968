package io.llmproxy.gateway.resilience;

import java.util.concurrent.atomic.AtomicLong;

/** How one model of one provider does. Thread-safe. */
public final class TargetHealth {
    /** The longest that a provider's Retry-After keeps others from it. */
    static final long LONGEST_REST_NANOS = 60_000_000_000L;
    /** After so long without a call a latency is worth half of what it was, so that a slow target gets another chance. */
    private static final double HALF_LIFE_NANOS = 30e9;

    private static final int NANOS_OF_A_UNIT = 1000;

    private final String model;
    private final Breaker breaker;
    private volatile long restsUntil;
    private final Latency streams = new Latency();
    private final Latency others = new Latency();

    TargetHealth(String model, Breaker breaker) {
        this.model = model;
        this.breaker = breaker;
    }

    /** Empty: requests that name none, or one of too many models to tell apart. */
    public String model() {
        return model;
    }

    public Breaker breaker() {
        return breaker;
    }

    /** Whether it is worth sending something there now: its breaker lets through, and it did not ask for a pause. */
    public boolean available(long now) {
        return breaker.allows(now) && now >= restsUntil;
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

    /** A mean in which each measurement counts for a fifth. Two that come at one moment may lose one of them. */
    private static final class Latency {
        /** Microseconds in the low half, above it the seconds of the last measurement. */
        private final AtomicLong state = new AtomicLong();

        void add(long now, long nanos) {
            long known = state.get();
            long micros = Math.min(nanos / NANOS_OF_A_UNIT, Integer.MAX_VALUE);
            long mean = known == 0 ? micros : ((known & 0xFFFF_FFFFL) * 4 + micros) / 5;
            state.lazySet(now / 1_000_000_000 << 32 | Math.max(1, mean));
        }

        long value(long now) {
            long known = state.get();
            long age = Math.max(0, now - (known >>> 32) * 1_000_000_000);
            long nanos = (known & 0xFFFF_FFFFL) * NANOS_OF_A_UNIT;
            return age < HALF_LIFE_NANOS ? nanos : (long) (nanos * Math.pow(0.5, age / HALF_LIFE_NANOS));
        }
    }
}
