package io.llmproxy.gateway;

import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.testing.UsageRecords;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What every request pays once: its key, its id, its header fields, its metrics. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RequestBenchmark {
    private static final int KEYS = 100_000;
    private static final Instant NOW = UsageRecords.T0;
    private static final UUID TENANT = Ids.next(NOW);

    private final String secret = KeySecrets.generate();
    private final HeaderFields request = HeaderFields.of(
            "Host", "127.0.0.1:8080",
            "Content-Type", "application/json",
            "Authorization", "Bearer " + secret,
            "User-Agent", "OpenAI/Python 2.8.0",
            "Accept", "application/json",
            "X-Stainless-Lang", "python",
            "Connection", "keep-alive",
            "Content-Length", "512");
    private final HeaderFields answer = HeaderFields.of(
            "Server", "nginx",
            "Date", "Fri, 20 Nov 2026 10:00:00 GMT",
            "Content-Type", "application/json",
            "Content-Length", "1024",
            "Connection", "keep-alive",
            "x-request-id", "req_1",
            "x-ratelimit-remaining-requests", "99");
    private final UsageRecord record = UsageRecords.full(Ids.next(NOW), "bench");
    private RuntimeSnapshot snapshot;
    private HelidonTelemetry telemetry;

    @Setup
    public void setUp() {
        Map<KeyHash, KeyEntry> keys = new HashMap<>();
        for (int i = 1; i < KEYS; i++) {
            add(keys, "key " + i);
        }
        add(keys, secret);
        snapshot = new RuntimeSnapshot(1, keys, Map.of(), Map.of());
        telemetry = new HelidonTelemetry();
    }

    /** Its tenant, and what the tenant has, play no part in finding it. */
    private static void add(Map<KeyHash, KeyEntry> keys, String secret) {
        KeyHash hash = KeySecrets.hash(secret);
        ApiKey key = new ApiKey(
                Ids.next(NOW),
                TENANT,
                null,
                "dev",
                hash,
                "",
                null,
                null,
                KeyScope.ANY,
                null,
                null,
                false,
                null,
                NOW,
                NOW);
        keys.put(hash, new KeyEntry(new Principal(null, null, key), null, null));
    }

    @TearDown
    public void tearDown() {
        telemetry.close();
    }

    @Benchmark
    public KeyEntry keyAmong100000() {
        return KeyRing.find(secret, snapshot, NOW);
    }

    @Benchmark
    public UUID id() {
        return Ids.next(NOW);
    }

    @Benchmark
    public HeaderFields headersToProvider() {
        return HeaderPolicy.toProvider(request, false);
    }

    @Benchmark
    public HeaderFields headersToClient() {
        return HeaderPolicy.toClient(answer);
    }

    @Benchmark
    public void metrics() {
        telemetry.served(record, null);
    }
}
