package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;

/** What Redis keeps of a counter: a packed list of numbers, which versions that run beside this one during an upgrade read and write too. */
class CounterStatesTest {
    private static final long SECOND = 1_000_000;
    private static final long HOUR = 3600 * SECOND;
    private static final Instant NOON = Instant.parse("2026-03-04T12:00:30Z");
    private static final long NOW = NOON.getEpochSecond() * SECOND;
    private static final String NEVER = "9007199254740991";

    private static RedisServer redis;

    private final AtomicReference<Instant> time = new AtomicReference<>(NOON);
    private Connection connection;
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
    void connect() {
        redis.command("FLUSHALL");
        connection = RedisAddress.of(redis.url(), null).connect(30_000, 30_000);
        store = Stores.byTime(redis.url(), time::get);
        Stores.awaitUp(store);
    }

    @AfterEach
    void disconnect() {
        store.close();
        connection.close();
    }

    /**
     * A limit of 100,000 tokens, and its counter.
     *
     * @param state the list of its numbers at noon, where so much is used
     * @param stays how long the key stays when it was written at noon
     */
    record Counter(LimitPeriod period, LimitAlgorithm algorithm, String shape, String state, Duration stays) {
        Limit limit() {
            return Limit.of(
                    "limit", LimitScope.USER, LimitMetric.TOKENS, 100_000, period, algorithm, LimitOrigin.ADMIN);
        }

        String key() {
            return "{llmproxy}:c:limit:" + shape + ":sann";
        }

        String used(long used) {
            return state.replace("USED", Long.toString(used));
        }
    }

    private static Stream<Counter> counters() {
        long hour = NOW / HOUR * HOUR;
        long day = NOW / (24 * HOUR) * 24 * HOUR;
        return Stream.of(
                new Counter(
                        LimitPeriod.HOUR,
                        LimitAlgorithm.FIXED_WINDOW,
                        "hour-w",
                        hour + "," + (hour + HOUR) + ",USED," + (hour - HOUR) + ",7",
                        Duration.ofSeconds(3570 + 60)),
                new Counter(
                        LimitPeriod.DAY,
                        LimitAlgorithm.FIXED_WINDOW,
                        "day-w-Z",
                        day + "," + (day + 24 * HOUR) + ",USED," + (day - 24 * HOUR) + ",5000000000",
                        Duration.ofSeconds(12 * 3600 - 30 + 60)),
                new Counter(
                        LimitPeriod.TOTAL,
                        LimitAlgorithm.FIXED_WINDOW,
                        "total-w",
                        "0," + NEVER + ",USED,0,0",
                        Duration.ZERO),
                new Counter(
                        LimitPeriod.HOUR,
                        LimitAlgorithm.SLIDING_WINDOW,
                        "hour-s6",
                        NOW / (HOUR / 6) + ",0,0,0,0,0,USED",
                        Duration.ofSeconds(70 * 60 + 1)),
                new Counter(
                        LimitPeriod.HOUR, LimitAlgorithm.TOKEN_BUCKET, "hour-b", "USED," + NOW, Duration.ofHours(3)));
    }

    private Reservation take(Counter counter, long amount, long left) {
        Limit limit = counter.limit();
        Granted granted =
                (Granted) store.reserve(List.of(new Charge(limit, new CounterKey(limit.id(), "ann"), amount)));
        assertThat(granted.reservation().grants().getFirst().remaining()).isEqualTo(left);
        return granted.reservation();
    }

    private String script(Counter counter, String text) {
        Object answer = connection.executeCommand(
                new CommandArguments(Protocol.Command.EVAL).add(text).add(1).add(counter.key()));
        return answer instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(answer);
    }

    /** As former versions do it. */
    private void write(Counter counter, String numbers) {
        script(counter, "redis.call('SET', KEYS[1], cmsgpack.pack({" + numbers + "}), 'PX', '20000')");
    }

    private String read(Counter counter) {
        return script(
                counter,
                "local l = cmsgpack.unpack(redis.call('GET', KEYS[1])) for i = 1, #l do l[i] = string.format('%.0f', l[i]) end"
                        + " return table.concat(l, ',')");
    }

    /** Zero: it stays for ever. */
    private Duration stays(Counter counter) {
        return Duration.ofMillis(Math.max(0, Long.parseLong(script(counter, "return redis.call('PTTL', KEYS[1])"))));
    }

    @ParameterizedTest
    @MethodSource("counters")
    void whatAFormerVersionWroteIsCountedOnAndWhatIsWrittenItReads(Counter counter) {
        write(counter, counter.used(40));
        Reservation held = take(counter, 5, 99_955);
        assertThat(read(counter)).isEqualTo(counter.used(45));
        take(counter, 7, 99_948);
        assertThat(read(counter)).isEqualTo(counter.used(52));
        held.settle(new ActualUse(1, 2, 0));
        Stores.await(() -> read(counter).equals(counter.used(50)));
        // and it may be the former version's turn once more
        write(counter, counter.used(60));
        take(counter, 1, 99_939);
        assertThat(read(counter)).isEqualTo(counter.used(61));
    }

    /** A key that never goes would be there for each user who ever was. */
    @ParameterizedTest
    @MethodSource("counters")
    void aKeyGoesWhenNothingIsCountedAnyMoreHoweverOftenItWasWritten(Counter counter) {
        for (int i = 1; i <= 20; i++) {
            take(counter, 10, 100_000 - 10 * i);
        }
        take(counter, 10, 99_790).settle(new ActualUse(1, 2, 0));
        Stores.await(() -> store.used(counter.limit()).containsValue(203L));
        assertThat(stays(counter)).isBetween(counter.stays().multipliedBy(9).dividedBy(10), counter.stays());
    }
}
