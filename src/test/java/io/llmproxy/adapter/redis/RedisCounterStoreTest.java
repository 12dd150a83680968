package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.CounterStore.Asker;
import io.llmproxy.testing.CounterStoreContract;
import io.llmproxy.testing.RedisCalls;
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
import redis.clients.jedis.Jedis;

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
    void aThousandLimitsAreLookedAtInOneWalk() {
        List<Limit> limits = new ArrayList<>();
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Limit limit = limit("l" + i, LimitMetric.REQUESTS, 10, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
            limits.add(limit);
            charges.add(charge(limit, 1));
        }
        assertThat(store.reserve(charges)).isInstanceOf(Granted.class);
        try (Jedis asked = new Jedis(redis.url())) {
            asked.configResetStat();
            assertThat(store.used(limits)).hasSize(1000);
            String calls = asked.info("commandstats")
                    .lines()
                    .filter(line -> line.startsWith("cmdstat_scan:"))
                    .findFirst()
                    .orElse("");
            // a thousand counters and what else there is, a thousand a page
            assertThat(calls).matches("cmdstat_scan:calls=[1-4],.*");
        }
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
        Instant before = store.standing().since();
        redis.command("CLIENT KILL TYPE normal SKIPME yes");
        Stores.await(() ->
                store.standing().fault() == null && !store.standing().since().equals(before));
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
                LimitScope.GLOBAL,
                LimitMetric.REQUESTS,
                2,
                LimitPeriod.MINUTE,
                LimitAlgorithm.TOKEN_BUCKET,
                LimitOrigin.CONFIG);
        Limit user = requests(10, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
        for (int i = 0; i < 2; i++) {
            Granted admitted = (Granted) store.admit(List.of(charge(global, 1)), true, Asker.ONCE);
            assertThat(admitted.reservation().taken()).isFalse();
            assertThat(store.reserve(List.of(charge(user, 1)), admitted.reservation(), Asker.ONCE))
                    .isInstanceOf(Granted.class);
            assertThat(admitted.reservation().grants()).hasSize(1);
        }
        // nothing is left: it is asked before it is admitted
        assertThat(store.admit(List.of(charge(global, 1)), true, Asker.ONCE)).isInstanceOf(Denied.class);
        assertThat(used(global)).isEqualTo(2);
        assertThat(used(user)).isEqualTo(2);
    }

    private static Limit ofAll(long amount) {
        return Limit.of(
                "config:global",
                LimitScope.GLOBAL,
                LimitMetric.REQUESTS,
                amount,
                LimitPeriod.HOUR,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.CONFIG);
    }

    private static Limit ofAddresses(long amount, LimitPeriod period) {
        return Limit.of(
                "config:ip per " + period,
                LimitScope.IP,
                LimitMetric.REQUESTS,
                amount,
                period,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.CONFIG);
    }

    /** What a refusal says of others is known as what it says of the first. */
    @Test
    void whatRefusedAMomentAgoIsToldWithItsLongestWaitBeforeTheBody() {
        Limit minute = ofAddresses(2, LimitPeriod.MINUTE);
        Limit hour = ofAddresses(2, LimitPeriod.HOUR);
        List<Charge> charges = List.of(charge(minute, 1), charge(hour, 1));
        assertThat(store.reserve(List.of(charge(minute, 2), charge(hour, 2)))).isInstanceOf(Granted.class);
        try (RedisCalls calls = new RedisCalls(redis)) {
            // half a second may be over before the look, on a slow machine
            Stores.await(() -> {
                calls.forget();
                Denied denied = (Denied) store.reserve(charges);
                assertThat(calls.of("mget")).isEqualTo(1);
                assertThat(denied.limit()).isEqualTo(hour);
                assertThat(denied.waitSeconds()).isEqualTo(3600);
                return denied.equals(store.refusal(charges)) && denied.equals(store.admit(charges, true, Asker.ONCE));
            });
        }
    }

    @Test
    void whatEndsBeforeItsOneCallIsCountedInTheBackground() {
        Limit global = ofAll(100);
        ((Granted) store.admit(List.of(charge(global, 1)), true, Asker.ONCE))
                .reservation()
                .settle(new ActualUse(0, 0, 0));
        Stores.await(() -> used(global) == 1);
    }

    @Test
    void whatHasALargeBodyIsTakenBeforeIt() {
        Limit global = ofAll(100);
        Granted admitted = (Granted) store.admit(List.of(charge(global, 1)), false, Asker.ONCE);
        assertThat(admitted.reservation().taken()).isTrue();
        assertThat(used(global)).isEqualTo(1);
        assertThat(store.reserve(List.of(), admitted.reservation(), Asker.ONCE)).isInstanceOf(Granted.class);
        assertThat(used(global)).isEqualTo(1);
        admitted.reservation().release();
        assertThat(used(global)).isZero();
    }

    @Test
    void aLimitThatIsNearIsAskedForEach() {
        Limit global = ofAll(10);
        RedisCounterStore other = another();
        assertThat(taken(global, 9)).isEqualTo(9);
        Granted blind = (Granted) other.admit(List.of(charge(global, 1)), true, Asker.ONCE);
        assertThat(blind.reservation().taken()).isFalse();
        assertThat(other.reserve(List.of(), blind.reservation(), Asker.ONCE)).isInstanceOf(Granted.class);
        blind.reservation().release();
        // it saw that little is left
        Granted asked = (Granted) other.admit(List.of(charge(global, 1)), true, Asker.ONCE);
        assertThat(asked.reservation().taken()).isTrue();
        assertThat(other.admit(List.of(charge(global, 1)), true, Asker.ONCE)).isInstanceOf(Denied.class);
    }
}
