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
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.util.JedisClusterCRC16;

/** All keys are in one slot of a cluster, whatever clients and operators put into them. */
class RedisKeysTest {
    private static final int SLOT = JedisClusterCRC16.getSlot("llmproxy");
    private static final List<String> IDS = List.of(
            "0198c5a0-0000-7000-8000-000000000001", "config:global", "setting:max{requests}", "{other}", "}{", "ä*");
    private static final List<Object> SUBJECTS = List.of(
            UUID.fromString("0198c5a0-0000-7000-8000-000000000002"),
            CounterKey.ONE,
            "{ann}",
            "}{a}:*",
            new CounterKey.Model("{gpt}-4o:*"),
            CounterKey.Address.of(new byte[] {10, 0, 0, (byte) 200}),
            CounterKey.Address.of(new byte[] {32, 1, 13, (byte) 184, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}));

    /** Every way to count, under names of all sorts. */
    private static List<Limit> limits() {
        List<Limit> limits = new ArrayList<>();
        for (String id : IDS) {
            limits.add(limit(id, LimitMetric.CONCURRENCY, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW));
            for (LimitPeriod period : LimitPeriod.values()) {
                for (LimitAlgorithm algorithm : LimitAlgorithm.values()) {
                    if (period.ends() || period == LimitPeriod.TOTAL && algorithm == LimitAlgorithm.FIXED_WINDOW) {
                        limits.add(limit(id, LimitMetric.TOKENS, period, algorithm)
                                .in(ZoneId.of("America/Argentina/Buenos_Aires")));
                    }
                }
            }
        }
        return limits;
    }

    private static Limit limit(String id, LimitMetric metric, LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of(id, LimitScope.USER, metric, 10, period, algorithm, LimitOrigin.ADMIN);
    }

    private static List<Charge> charges() {
        List<Charge> charges = new ArrayList<>();
        for (Limit limit : limits()) {
            for (Object subject : SUBJECTS) {
                charges.add(new Charge(
                        limit, new CounterKey(limit.id() + " " + limit.period() + limit.algorithm(), subject), 1));
            }
        }
        return charges;
    }

    /** As they go to Redis, which looks at those alone. */
    private static List<byte[]> keys(Call call) {
        CommandArguments arguments = call.byHash();
        List<byte[]> parts = new ArrayList<>();
        for (Rawable part : arguments) {
            parts.add(part.getRaw());
        }
        int count = Integer.parseInt(new String(parts.get(2), StandardCharsets.US_ASCII));
        assertThat(parts).hasSize(count + 4);
        return parts.subList(3, 3 + count);
    }

    private static void assertOneSlot(List<byte[]> keys) {
        assertThat(keys)
                .allSatisfy(key -> assertThat(JedisClusterCRC16.getSlot(key))
                        .as(new String(key, StandardCharsets.UTF_8))
                        .isEqualTo(SLOT));
    }

    private final ServerTime time = new ServerTime(() -> 1, true);

    @Test
    void thoseOfACounterOfEveryKind() {
        List<byte[]> keys = charges().stream()
                .map(c -> RedisKeys.counter(c.limit(), c.key().subject()))
                .toList();
        assertThat(keys).hasSizeGreaterThan(500);
        assertOneSlot(keys);
        assertOneSlot(List.of(RedisKeys.leases(), RedisKeys.processes(), RedisKeys.batch("{a}process")));
    }

    @Test
    void thoseOfACallThatTakes() {
        Incarnation incarnation = new Incarnation(Instant.EPOCH);
        List<Take> waiting = new ArrayList<>();
        for (Charge charge : charges()) {
            waiting.add(new Take(List.of(charge), Long.MAX_VALUE, (take, answer) -> {}));
        }
        CounterNames names = new CounterNames();
        List<byte[]> keys = new ArrayList<>();
        while (!waiting.isEmpty()) {
            List<byte[]> own = keys(Takes.of(waiting, incarnation, names, time));
            assertThat(own).hasSizeGreaterThan(1);
            keys.addAll(own);
        }
        assertThat(keys).hasSizeGreaterThan(charges().size());
        assertOneSlot(keys);
    }

    @Test
    void thoseOfCallsThatSettleAndBeat() {
        List<Correction> corrections = charges().stream()
                .map(c -> new Correction(c.limit(), c.key().subject(), -1, 0, "", false))
                .toList();
        List<byte[]> settled = keys(Settle.of("{a}process", 1, corrections, time, () -> {}));
        assertThat(settled).hasSize(corrections.size() + 1);
        assertOneSlot(settled);
        List<Incarnation> names = List.of(new Incarnation(Instant.EPOCH));
        List<byte[]> beat = keys(new Beat(time, 1, "{a}process", "{acme}", names, answer -> {}));
        assertThat(beat).hasSize(2);
        assertOneSlot(beat);
    }
}
