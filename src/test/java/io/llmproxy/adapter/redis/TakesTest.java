package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Connection;

/** Several requests in one call, on a real Redis. */
class TakesTest {
    private static RedisServer redis;

    private final Incarnation incarnation = new Incarnation(Instant.EPOCH);
    private final CounterNames names = new CounterNames();

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.command("FLUSHALL");
    }

    private static Limit limit(String id, LimitMetric metric, long amount, LimitPeriod period, LimitAlgorithm how) {
        return Limit.of(id, LimitScope.USER, metric, amount, period, how, LimitOrigin.ADMIN);
    }

    private static Limit hourly(String id, long amount) {
        return limit(id, LimitMetric.REQUESTS, amount, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW);
    }

    private static Charge charge(Limit limit, long amount) {
        return new Charge(limit, new CounterKey(limit.id(), "ann"), amount);
    }

    private static Take take(Charge... charges) {
        return new Take(List.of(charges), Long.MAX_VALUE, (take, answer) -> {});
    }

    private static ServerTime time() {
        return new ServerTime(() -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()), false);
    }

    /** Sends them in as many calls as it takes; how many that were. */
    private int send(ServerTime time, Take... takes) {
        List<Take> waiting = new ArrayList<>(List.of(takes));
        int calls = 0;
        try (Connection connection = RedisAddress.of(redis.url(), null).connect(30_000, 30_000)) {
            while (!waiting.isEmpty()) {
                Takes call = Takes.of(waiting, incarnation, names, time);
                connection.sendCommand(call.byText());
                call.answered(connection.getOne());
                calls++;
            }
        }
        return calls;
    }

    @ParameterizedTest
    @EnumSource
    void eachFindsWhatThoseBeforeItTook(LimitAlgorithm algorithm) {
        Limit few = limit("few", LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE, algorithm);
        Limit many = limit("many", LimitMetric.TOKENS, 100, LimitPeriod.HOUR, algorithm);
        Take first = take(charge(few, 1), charge(many, 10));
        Take second = take(charge(few, 2));
        Take third = take(charge(many, 20), charge(few, 1));
        Take fourth = take(charge(many, 5));
        assertThat(send(time(), first, second, third, fourth)).isEqualTo(1);
        assertThat(first.answer()).startsWith(1, 2).hasSize(9);
        assertThat(first.answer()[5]).isEqualTo(90);
        assertThat(second.answer()).startsWith(1, 0);
        // its second charge found nothing left, and so its first took nothing
        assertThat(third.answer()).startsWith(0, 1, 1, 0).hasSize(5);
        assertThat(fourth.answer()).startsWith(1, 85);
        Take later = take(charge(few, 1));
        send(time(), later);
        assertThat(Take.denied(later.answer())).isTrue();
    }

    /** Between those that are granted, who is refused hears of each limit that has no room, and of no other. */
    @ParameterizedTest
    @EnumSource
    void whoIsRefusedByManyHearsOfAll(LimitAlgorithm algorithm) {
        Limit one = limit("one", LimitMetric.REQUESTS, 1, LimitPeriod.MINUTE, algorithm);
        Limit room = limit("room", LimitMetric.REQUESTS, 100, LimitPeriod.HOUR, algorithm);
        Limit two = limit("two", LimitMetric.TOKENS, 5, LimitPeriod.HOUR, algorithm);
        Limit running = limit("running", LimitMetric.CONCURRENCY, 1, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        Take all = take(charge(one, 1), charge(two, 3), charge(running, 1));
        Take refused = take(charge(one, 1), charge(room, 1), charge(two, 3), charge(running, 1));
        Take granted = take(charge(room, 1), charge(two, 2));
        Take last = take(charge(two, 1), charge(room, 1));
        Take after = take(charge(room, 2));
        assertThat(send(time(), all, refused, granted, last, after)).isEqualTo(1);
        assertThat(Take.granted(all.answer())).isTrue();
        assertThat(refused.answer()).startsWith(0, 3, 0, 0).hasSize(11);
        assertThat(refused.answer()[4]).isBetween(1L, 60_000_000L);
        assertThat(refused.answer()[5]).isEqualTo(2);
        assertThat(refused.answer()[6]).isEqualTo(2);
        assertThat(refused.answer()[7]).isBetween(1L, 3_600_000_000L);
        assertThat(refused.answer()).endsWith(3, 0, 1);
        assertThat(granted.answer()).startsWith(1, 99).hasSize(9);
        assertThat(granted.answer()[5]).isZero();
        assertThat(last.answer()).startsWith(0, 1, 0, 0).hasSize(5);
        assertThat(after.answer()).startsWith(1, 97).hasSize(5);
    }

    @Test
    void slotsAreCountedOnceForAll() {
        Limit running = limit("running", LimitMetric.CONCURRENCY, 2, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);
        Take[] takes =
                IntStream.range(0, 3).mapToObj(i -> take(charge(running, 1))).toArray(Take[]::new);
        send(time(), takes);
        assertThat(takes[0].answer()).startsWith(1, 1);
        assertThat(takes[1].answer()).startsWith(1, 0);
        assertThat(takes[2].answer()).startsWith(0, 1, 0, 0);
        Take later = take(charge(running, 1));
        send(time(), later);
        assertThat(Take.denied(later.answer())).isTrue();
    }

    @Test
    void aWindowThatHasEndedIsSaidToThoseThatNamedIt() {
        ServerTime slow = new ServerTime(
                () -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now().minus(Duration.ofDays(3))), false);
        Limit daily = limit("daily", LimitMetric.REQUESTS, 10, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        Take wrong = take(charge(hourly("other", 10), 1), charge(daily, 1));
        Take right = take(charge(hourly("other", 10), 1));
        send(slow, wrong, right);
        assertThat(wrong.answer()).containsExactly(2);
        assertThat(right.answer()).startsWith(1, 9);
        // the answer told what time it is there
        Take again = take(charge(daily, 1));
        send(slow, again);
        assertThat(again.answer()).startsWith(1, 9);
    }

    /** It has begun anew, and what is used of it is not known to whoever named the one before. */
    @Test
    void aWindowThatHasEndedRefusesNobody() {
        ServerTime slow = new ServerTime(
                () -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now().minus(Duration.ofDays(3))), false);
        Limit daily = limit("daily", LimitMetric.REQUESTS, 10, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        Limit total = limit("total", LimitMetric.REQUESTS, 1, LimitPeriod.TOTAL, LimitAlgorithm.FIXED_WINDOW);
        Take wanting = take(charge(total, 1));
        Take refused = take(charge(total, 1), charge(daily, 1));
        send(slow, wanting, refused);
        assertThat(refused.answer()).containsExactly(0, 1, 0, 0, 0);
    }

    @Test
    void aLimitThatWasChangedMeanwhileHasOneMeaningInACall() {
        Take before = take(charge(hourly("limit", 1), 1));
        Take after = take(charge(hourly("limit", 2), 1));
        Take last = take(charge(hourly("limit", 2), 1));
        assertThat(send(time(), before, after, last)).isEqualTo(2);
        assertThat(before.answer()).startsWith(1, 0);
        assertThat(after.answer()).startsWith(1, 0);
        assertThat(Take.denied(last.answer())).isTrue();
    }

    @Test
    void thousandsOfCountersGoInSeveralCalls() {
        Take[] takes = IntStream.range(0, 250)
                .mapToObj(i -> new Take(
                        IntStream.range(0, 10)
                                .mapToObj(n ->
                                        new Charge(hourly("limit" + n, 5), new CounterKey("limit" + n, "user" + i), 1))
                                .toList(),
                        Long.MAX_VALUE,
                        (take, answer) -> {}))
                .toArray(Take[]::new);
        assertThat(send(time(), takes)).isEqualTo(3);
        assertThat(takes)
                .allSatisfy(take -> assertThat(take.answer()).startsWith(1, 4).hasSize(41));
    }
}
