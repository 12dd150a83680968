package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.port.CounterStore;
import io.llmproxy.testing.CounterStoreContract;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract on a node of a cluster, which does nothing with keys of several slots. */
class RedisClusterTest extends CounterStoreContract {
    private static RedisServer redis;
    private volatile Instant now = START;
    private RedisCounterStore store;

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.startCluster();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void setUp() {
        redis.command("FLUSHALL");
        store = Stores.byTime(redis.url(), () -> now);
        Stores.awaitUp(store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    protected CounterStore store() {
        return store;
    }

    @Override
    protected void pass(Duration time) {
        now = now.plus(time);
    }

    @Override
    protected Instant now() {
        return now;
    }

    @Override
    protected int histories() {
        return 2;
    }

    @Test
    void aRequestTakesOfAllItsLimitsInOneCall() {
        assertThat(redis.command("MGET one another")).startsWith("-CROSSSLOT");
        List<Charge> charges = new ArrayList<>();
        List<Limit> limits = new ArrayList<>();
        for (LimitAlgorithm algorithm : LimitAlgorithm.values()) {
            for (LimitPeriod period : List.of(LimitPeriod.MINUTE, LimitPeriod.HOUR, LimitPeriod.DAY)) {
                limits.add(limit("{" + algorithm + "}" + period, LimitMetric.REQUESTS, 10, period, algorithm));
            }
        }
        limits.add(limit("running", LimitMetric.CONCURRENCY, 10, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW));
        limits.forEach(limit -> charges.add(charge(limit, 2)));
        Granted granted = (Granted) store.reserve(charges);
        assertThat(store.standing().fault()).isNull();
        assertThat(store.used(limits).values())
                .hasSize(10)
                .allSatisfy(n -> assertThat(n).isEqualTo(2));
        granted.reservation().settle(new ActualUse(0, 0, 0));
        Stores.await(() -> used(limits.getLast()) == 0);
        store.reset(limits.getFirst());
        assertThat(used(limits.getFirst())).isZero();
        assertThat(store.standing().fault()).isNull();
    }
}
