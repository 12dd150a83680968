package io.llmproxy.gateway.limit;

import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.Limits;
import io.llmproxy.testing.UsageRecords;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What ten limits of all kinds cost a request: found, taken and settled; counted alone, or as a share of what others may count too. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LimitBenchmark {
    private static final long MUCH = Limit.MAX_AMOUNT;
    private static final Need NEED = new Need(200, 300, 0);

    @Param({"memory", "shares"})
    public String counters = "memory";

    private CounterStore store = new MemoryCounterStore(InstantSource.system());
    private final LimitTable table = new LimitTable(
            List.of(
                    limit(LimitScope.GLOBAL, LimitMetric.TOKENS, LimitPeriod.MINUTE, LimitAlgorithm.TOKEN_BUCKET),
                    limit(LimitScope.TENANT, LimitMetric.REQUESTS, LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW),
                    limit(LimitScope.TENANT, LimitMetric.TOKENS, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW),
                    limit(LimitScope.USER, LimitMetric.REQUESTS, LimitPeriod.MINUTE, LimitAlgorithm.SLIDING_WINDOW),
                    limit(LimitScope.USER, LimitMetric.TOKENS, LimitPeriod.MONTH, LimitAlgorithm.FIXED_WINDOW),
                    limit(LimitScope.KEY, LimitMetric.REQUESTS, LimitPeriod.SECOND, LimitAlgorithm.TOKEN_BUCKET),
                    limit(LimitScope.KEY, LimitMetric.CONCURRENCY, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW),
                    limit(LimitScope.MODEL, LimitMetric.TOKENS, LimitPeriod.MINUTE, LimitAlgorithm.SLIDING_WINDOW),
                    limit(LimitScope.PROVIDER, LimitMetric.REQUESTS, LimitPeriod.MINUTE, LimitAlgorithm.TOKEN_BUCKET),
                    limit(LimitScope.IP, LimitMetric.TOKENS, LimitPeriod.MINUTE, LimitAlgorithm.FIXED_WINDOW)),
            LimitTable.Named.NONE);
    private final LimitTable.Facts facts = new LimitTable.Facts(
            id(),
            id(),
            id(),
            new LimitTable.Place(new byte[] {10, 1, 2, 3}),
            "gpt-4o",
            "gpt-4o",
            "/v1/chat/completions",
            null,
            id(),
            "openai");
    private final Limits limits = new Limits(LimitTable.EMPTY, Map.of(facts.tenant(), table), Map.of());

    private static UUID id() {
        return Ids.next(UsageRecords.T0);
    }

    private static Limit limit(LimitScope scope, LimitMetric metric, LimitPeriod period, LimitAlgorithm algorithm) {
        String id = scope.word() + " " + metric.word() + " " + period.word();
        return Limit.of(id, scope, metric, MUCH, period, algorithm, LimitOrigin.ADMIN);
    }

    @Setup
    public void open() {
        if (counters.equals("shares")) {
            store = LeasedCounterStore.join(new BookOfOne());
        }
    }

    @TearDown
    public void close() {
        if (store instanceof LeasedCounterStore shares) {
            shares.close();
        }
    }

    @Benchmark
    public long tenLimits() {
        return store.reserve(limits.due(table, facts).charges(NEED)) instanceof Granted(var reservation)
                ? reservation.settle(new ActualUse(100, 200, ActualUse.UNKNOWN))
                : -1;
    }
}
