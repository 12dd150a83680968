package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.CounterKey;
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
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract on a real Redis, by the test's time. */
class RedisCounterStoreTest extends CounterStoreContract {
    private static RedisServer redis;
    private final List<RedisCounterStore> open = new ArrayList<>();
    private volatile Instant now = START;
    private RedisCounterStore store;

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void setUp() {
        redis.command("FLUSHALL");
        store = another();
    }

    @AfterEach
    void close() {
        open.forEach(RedisCounterStore::close);
    }

    private RedisCounterStore another() {
        RedisCounterStore made = Stores.byTime(redis.url(), () -> now);
        open.add(made);
        Stores.awaitUp(made);
        return made;
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
        return 4;
    }

    @ParameterizedTest
    @EnumSource
    void processesShareWhatTheyUse(LimitAlgorithm algorithm) {
        Limit limit = requests(10, LimitPeriod.HOUR, algorithm);
        RedisCounterStore other = another();
        assertThat(taken(limit, 6)).isEqualTo(6);
        for (int i = 0; i < 4; i++) {
            assertThat(other.reserve(List.of(charge(limit, 1)))).isInstanceOf(Granted.class);
        }
        assertThat(takes(limit, 1)).isFalse();
        assertThat(used(limit)).isEqualTo(10);
        assertThat(store.standing().processes()).isGreaterThanOrEqualTo(1);
    }

    @Test
    void slotsOfAProcessThatIsGoneComeBackWhenItsLeaseIsOver() {
        Limit running = limit("running", LimitMetric.CONCURRENCY, 2, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        RedisCounterStore other = another();
        other.reserve(List.of(charge(running, 1)));
        other.reserve(List.of(charge(running, 1)));
        assertThat(takes(running, 1)).isFalse();
        other.abandon();
        assertThat(takes(running, 1)).isFalse();
        pass(RedisLine.LEASE.plusSeconds(1));
        assertThat(taken(running, 3)).isEqualTo(2);
    }

    @Test
    void whatEndsAfterTheNameOfAProcessChangedIsGivenBackUnderTheOldOne() {
        Limit running = limit("running", LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        Granted granted = (Granted) take(running, 1);
        redis.command("CLIENT KILL TYPE normal SKIPME yes");
        Stores.awaitAway(store);
        Stores.awaitUp(store);
        assertThat(takes(running, 1)).isFalse();
        granted.reservation().settle(new ActualUse(0, 0, 0));
        assertThat(takes(running, 1)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void keysExpireByThemselves(LimitAlgorithm algorithm) {
        Limit limit = requests(10, LimitPeriod.MINUTE, algorithm);
        takes(limit, 1);
        byte[] key = RedisKeys.counter(limit, "ann");
        String ttl = redis.command("PTTL " + new String(key, java.nio.charset.StandardCharsets.UTF_8));
        assertThat(Long.parseLong(ttl.substring(1))).isBetween(1_000L, 240_000L);
    }

    @Test
    void everySubjectIsFoundAgainAndResetAlone() {
        Limit limit = requests(10, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        Limit other = limit("requests:2*", LimitMetric.REQUESTS, 10, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        List<Object> subjects = List.of(
                UUID.fromString("0198c5a0-0000-7000-8000-000000000001"),
                "ä: *?[x]\\",
                new CounterKey.Model("gpt-4o:*"),
                CounterKey.Address.of(new byte[] {10, 0, 0, (byte) 200}),
                CounterKey.Address.of(new byte[] {32, 1, 13, (byte) 184, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}));
        for (Object subject : subjects) {
            store.reserve(List.of(new io.llmproxy.domain.limit.Charge(limit, new CounterKey(limit.id(), subject), 2)));
        }
        takes(other, 1);
        assertThat(store.used(limit)).hasSize(5).allSatisfy((key, used) -> {
            assertThat(subjects).contains(key.subject());
            assertThat(used).isEqualTo(2);
        });
        store.reset(limit);
        assertThat(store.used(limit)).isEmpty();
        assertThat(used(other)).isEqualTo(1);
    }

    @Test
    void aServerThatForgotItsScriptsIsToldThemAgain() {
        Limit limit = requests(10, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        assertThat(takes(limit, 1)).isTrue();
        redis.command("SCRIPT FLUSH");
        Granted granted = (Granted) take(limit, 1);
        redis.command("SCRIPT FLUSH");
        granted.reservation().release();
        assertThat(used(limit)).isEqualTo(1);
        assertThat(store.standing().fault()).isNull();
    }

    @Test
    void whatIsAdmittedIsTakenInOneStepWithTheRest() {
        Limit global = Limit.of(
                "config:global",
                io.llmproxy.domain.limit.LimitScope.GLOBAL,
                LimitMetric.REQUESTS,
                2,
                LimitPeriod.MINUTE,
                LimitAlgorithm.TOKEN_BUCKET,
                io.llmproxy.domain.limit.LimitOrigin.CONFIG);
        Limit user = requests(10, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        for (int i = 0; i < 2; i++) {
            Granted admitted = (Granted) store.admit(List.of(charge(global, 1)));
            assertThat(admitted.reservation().taken()).isFalse();
            assertThat(store.reserve(List.of(charge(user, 1)), admitted.reservation()))
                    .isInstanceOf(Granted.class);
            assertThat(admitted.reservation().grants()).hasSize(1);
        }
        // one that ends before the rest is known is counted in the background
        ((Granted) store.admit(List.of(charge(global, 1)))).reservation().settle(new ActualUse(0, 0, 0));
        assertThat(used(global)).isEqualTo(2);
        Stores.await(() -> !(store.admit(List.of(charge(global, 1))) instanceof Granted));
        assertThat(used(user)).isEqualTo(2);
    }
}
