package io.llmproxy.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.Limits;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.testing.InMemoryStores;
import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counters that begin anew and are told what the ledger knows, beside those that have counted all the time. */
class RebuiltLimitsTest {
    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private final InMemoryStores ledger = new InMemoryStores();
    private final AtomicLong micros = new AtomicLong();
    private MemoryCounterStore live = store();
    private Limit limit = limit(LimitScope.TENANT, 100, LimitPeriod.HOUR, LimitAlgorithm.TOKEN_BUCKET, 6);

    private MemoryCounterStore store() {
        return new MemoryCounterStore(this::now, () -> micros.get() * 1000);
    }

    private Instant now() {
        return START.plusNanos(micros.get() * 1000);
    }

    private void pass(Duration time) {
        micros.addAndGet(time.toMillis() * 1000);
    }

    private static Limit limit(
            LimitScope scope, long amount, LimitPeriod period, LimitAlgorithm algorithm, int segments) {
        return new Limit(
                "limit",
                UsageRecords.TENANT,
                scope,
                null,
                LimitMetric.TOKENS,
                amount,
                period,
                algorithm,
                segments,
                LimitMode.HARD,
                LimitOrigin.ADMIN,
                ZoneOffset.UTC);
    }

    private CounterKey key() {
        Object subject = switch (limit.scope()) {
            case IP -> CounterKey.Address.of(new byte[] {10, 0, 0, 1});
            case MODEL -> new CounterKey.Model("m");
            default -> UsageRecords.TENANT;
        };
        return new CounterKey(limit.id(), subject);
    }

    private boolean take(long amount) {
        if (!(live.reserve(List.of(new Charge(limit, key(), amount))) instanceof Granted)) {
            return false;
        }
        UsageRecord record = new UsageRecord(
                Ids.next(now()),
                null,
                null,
                now(),
                UsageRecords.caller(UsageRecords.TENANT, "acme"),
                UsageRecords.chat("m"),
                UsageRecords.answered(TokenUsage.of(amount, 0), Cost.UNKNOWN));
        ledger.used(List.of(limit.scope() == LimitScope.IP ? record.from("10.0.0.1") : record));
        return true;
    }

    private MemoryCounterStore rebuilt() {
        MemoryCounterStore store = store();
        RuntimeSnapshot snapshot = new RuntimeSnapshot(
                1,
                Map.of(),
                Map.of(),
                Map.of(),
                new Limits(
                        new LimitTable(List.of(), LimitTable.Named.NONE),
                        Map.of(UsageRecords.TENANT, new LimitTable(List.of(limit), LimitTable.Named.NONE)),
                        Map.of(limit.id(), limit)));
        new LimitHistory(ledger.usage(), store, this::now).restore(snapshot);
        return store;
    }

    private long used(MemoryCounterStore store) {
        Map<CounterKey, Long> used = store.used(limit);
        assertThat(used.keySet()).allMatch(key()::equals);
        return used.values().stream().mapToLong(n -> n).sum();
    }

    @Test
    void aBucketThatIsHalfEmptyIsHalfEmptyAfterAStart() {
        assertThat(take(100)).isTrue();
        pass(Duration.ofMinutes(30));
        assertThat(used(live)).isEqualTo(50);
        // as if it were used at the end of its minute
        assertThat(used(rebuilt())).isEqualTo(52);
    }

    /** A bucket of three hours ago that was full, and was never given the time to get empty. */
    @Test
    void whatIsLeftInABucketOfLongAgoIsNotForgotten() {
        assertThat(take(100)).isTrue();
        for (int minute = 0; minute < 400; minute++) {
            pass(Duration.ofMinutes(3));
            assertThat(take(5)).isTrue();
        }
        assertThat(used(rebuilt())).isEqualTo(used(live)).isEqualTo(100);
    }

    /** At four fifths of its pace for hours, without a burst. */
    @Test
    void aBucketThatIsHardlyEverFullIsNotFullAfterAStart() {
        for (int minute = 0; minute < 1200; minute += 3) {
            assertThat(take(4)).isTrue();
            pass(Duration.ofMinutes(3));
        }
        assertThat(used(live)).isLessThanOrEqualTo(1);
        assertThat(used(rebuilt())).isLessThanOrEqualTo(2);
    }

    @Test
    void aSlidingWindowIsOverWhenItWouldHaveBeen() {
        limit = limit(LimitScope.TENANT, 100, LimitPeriod.HOUR, LimitAlgorithm.SLIDING_WINDOW, 6);
        assertThat(take(100)).isTrue();
        pass(Duration.ofMinutes(55));
        Denied denied = (Denied) rebuilt().reserve(List.of(new Charge(limit, key(), 1)));
        assertThat(denied.waitSeconds()).isEqualTo(300);
        pass(Duration.ofMinutes(5));
        assertThat(used(rebuilt())).isZero();
    }

    /** Random histories, restarts at random moments, and the time after them. */
    @ParameterizedTest
    @CsvSource({
        "TENANT, HOUR, SLIDING_WINDOW",
        "TENANT, DAY, SLIDING_WINDOW",
        "TENANT, MONTH, SLIDING_WINDOW",
        "TENANT, HOUR, TOKEN_BUCKET",
        "TENANT, DAY, TOKEN_BUCKET",
        "TENANT, MONTH, TOKEN_BUCKET",
        "MODEL, DAY, SLIDING_WINDOW",
        "MODEL, HOUR, TOKEN_BUCKET",
        "IP, HOUR, SLIDING_WINDOW",
        "IP, MONTH, SLIDING_WINDOW"
    })
    void whatIsRebuiltIsNeverLessThanWhatWasCountedAndMoreByOneSliceAtMost(
            LimitScope scope, LimitPeriod period, LimitAlgorithm algorithm) {
        int[] segments = {1, 6, 7, 24, 60};
        for (int seed = 0; seed < 25; seed++) {
            Random random = new Random(seed);
            limit = limit(scope, 20 + random.nextInt(2000), period, algorithm, segments[seed % segments.length]);
            ledger.usage().purge(UsageRecords.TENANT, Instant.MAX, Integer.MAX_VALUE);
            micros.set(random.nextLong(period.micros()) / 1000 * 1000);
            live = store();
            Map<Long, Long> bySlice = new HashMap<>();
            history(random, bySlice);
            MemoryCounterStore rebuilt = rebuilt();
            long slice = algorithm == LimitAlgorithm.TOKEN_BUCKET
                    ? Math.ceilDiv(limit.amount() * LookBack.width(period).toMillis() * 1000, period.micros()) + 1
                    : bySlice.values().stream().mapToLong(n -> n).max().orElse(0);
            for (int step = 0; step < 20; step++) {
                long counted = used(live);
                assertThat(used(rebuilt))
                        .as("seed %d, step %d, %s", seed, step, limit)
                        .isBetween(counted, counted + slice);
                pass(Duration.ofMillis(random.nextLong(period.micros() / 15_000)));
            }
        }
    }

    private void history(Random random, Map<Long, Long> bySlice) {
        long width = LookBack.width(limit.period()).toSeconds();
        long end = micros.get()
                + (long) ((0.2 + 3 * random.nextDouble()) * limit.period().micros());
        long pauses = 1 + random.nextLong(limit.period().micros() / 20_000);
        while (micros.get() < end) {
            long amount = 1 + random.nextLong(Math.max(1, limit.amount() / (1 + random.nextInt(30))));
            if (take(amount)) {
                bySlice.merge(now().getEpochSecond() / width, amount, Long::sum);
            }
            pass(Duration.ofMillis(1 + random.nextLong(pauses)));
        }
    }
}
