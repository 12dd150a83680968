package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A store of counters that a test takes of, and the time, which is what the test says. */
public abstract class CountersUnderTest {
    protected static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

    /** A store that counts nothing yet. */
    protected abstract CounterStore store();

    /** Lets time pass. */
    protected abstract void pass(Duration time);

    protected abstract Instant now();

    /** What is done now and then to keep the store small. */
    protected void tidy(Map<String, Limit> limits) {
        // nothing
    }

    /** How many random histories are compared with the definition. */
    protected int histories() {
        return 40;
    }

    protected static Limit requests(long amount, LimitPeriod period, LimitAlgorithm algorithm) {
        return limit("requests", LimitMetric.REQUESTS, amount, period, algorithm);
    }

    protected static Limit limit(
            String id, LimitMetric metric, long amount, LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of(id, LimitScope.USER, metric, amount, period, algorithm, LimitOrigin.ADMIN);
    }

    protected static Limit with(Limit limit, long amount) {
        return limit(limit.id(), limit.metric(), amount, limit.period(), limit.algorithm());
    }

    protected static Charge charge(Limit limit, long amount) {
        return new Charge(limit, new CounterKey(limit.id(), "ann"), amount);
    }

    protected LimitDecision take(Limit limit, long amount) {
        return store().reserve(List.of(charge(limit, amount)));
    }

    protected boolean takes(Limit limit, long amount) {
        return take(limit, amount) instanceof Granted;
    }

    protected long taken(Limit limit, int tries) {
        long taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += takes(limit, 1) ? 1 : 0;
        }
        return taken;
    }

    protected long used(Limit limit) {
        return store().used(limit).values().stream().mapToLong(n -> n).sum();
    }

    /** By how much of the limit's pace a bucket flows at the least. */
    protected double slowestPace() {
        return 1;
    }

    /** A random history of the limit, held against its definition: no more is granted, and no less but for what flows more slowly. */
    protected void assertAgreesWithItsDefinition(Limit limit, Random random) {
        Model model = new Model(limit, 1);
        Model slowest = new Model(limit, slowestPace());
        for (int step = 0; step < 300; step++) {
            long period = limit.period().micros();
            long micros = (long) (random.nextDouble() * random.nextDouble() * period / 5);
            pass(Duration.ofNanos(micros * 1000 / 1_000_000 * 1_000_000));
            long asked = random.nextInt((int) limit.amount() + 2);
            long now = now().toEpochMilli() * 1000;
            boolean granted = takes(limit, asked);
            String at = "step " + step + ", " + limit;
            if (granted) {
                assertThat(model.room(now)).as(at).isGreaterThanOrEqualTo(asked);
                model.granted(now, asked);
                slowest.granted(now, asked);
            } else {
                long rounding = limit.algorithm() == LimitAlgorithm.TOKEN_BUCKET ? 1 : 0;
                assertThat(slowest.room(now) - rounding).as(at).isLessThan(asked);
            }
        }
    }

    /** The definition of each algorithm, computed from the list of all that was granted. */
    private static final class Model {
        private final Limit limit;
        private final double pace;
        private final List<long[]> grants = new ArrayList<>();
        private double level;
        private long levelAt;

        Model(Limit limit, double pace) {
            this.limit = limit;
            this.pace = pace;
        }

        void granted(long now, long amount) {
            level = level(now) + amount;
            levelAt = now;
            grants.add(new long[] {now, amount});
        }

        private double level(long now) {
            double periods = (double) (now - levelAt) / limit.period().micros();
            return Math.max(0, level - periods * limit.amount() * pace);
        }

        long room(long now) {
            long period = limit.period().micros();
            long segment = period / limit.segments();
            return switch (limit.algorithm()) {
                case TOKEN_BUCKET -> (long) (limit.amount() - level(now) + 1e-6);
                case FIXED_WINDOW -> limit.amount() - since(Math.floorDiv(now, period) * period);
                case SLIDING_WINDOW ->
                    limit.amount() - since((Math.floorDiv(now, segment) - limit.segments() + 1) * segment);
            };
        }

        private long since(long from) {
            return grants.stream()
                    .filter(g -> g[0] >= from)
                    .mapToLong(g -> g[1])
                    .sum();
        }
    }
}
