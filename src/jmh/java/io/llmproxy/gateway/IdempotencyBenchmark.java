package io.llmproxy.gateway;

import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.gateway.idempotency.IdempotencySettings;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.stage.Idempotency;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
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

/** What Idempotency-Key costs: the stage where there is none, and the whole pipeline without, with a new and with a known key. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class IdempotencyBenchmark {
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(200) + "\"}]}";
    private static final String ANSWER = "{\"id\":\"c\",\"choices\":[{\"message\":{\"content\":\"" + "word ".repeat(200)
            + "\"}}],\"usage\":{\"prompt_tokens\":200,\"completion_tokens\":200}}";

    private final Stage.Next nothing = x -> {};
    private GatewayFixture fixture;
    private IdempotentRuns runs;
    private Idempotency stage;
    private Exchange exchange;
    private long number;

    @Setup
    public void setUp() throws IOException {
        fixture = new GatewayFixture(Files.createTempDirectory("idempotency"));
        fixture.up().answers(request -> ScriptedProvider.Script.json(ANSWER));
        runs = new IdempotentRuns(
                new MemoryIdempotencyStore(1000),
                new IdempotencySettings(Duration.ofHours(24), 4096, 1 << 20, 1 << 20, Duration.ofSeconds(20)),
                InstantSource.system());
        stage = new Idempotency(runs);
        exchange = new Exchange(
                fixture.chat(CHAT)
                        .header("Host", "127.0.0.1:8080")
                        .header("User-Agent", "OpenAI/Python 2.8.0")
                        .header("Accept", "application/json")
                        .header("Accept-Encoding", "gzip, deflate")
                        .header("X-Stainless-Lang", "python")
                        .header("Connection", "keep-alive"),
                new RecordingSink());
        send(fixture.chat(CHAT).header("Idempotency-Key", "known"));
    }

    @TearDown
    public void tearDown() {
        runs.close();
        fixture.runs.close();
    }

    @Benchmark
    public void stageWithoutKey() {
        stage.handle(exchange, nothing);
    }

    @Benchmark
    public RecordingSink pipelineWithoutKey() {
        return send(fixture.chat(CHAT));
    }

    @Benchmark
    public RecordingSink pipelineWithNewKey() {
        return send(fixture.chat(CHAT).header("Idempotency-Key", "new-" + number++));
    }

    @Benchmark
    public RecordingSink pipelineWithKnownKey() {
        return send(fixture.chat(CHAT).header("Idempotency-Key", "known"));
    }

    private RecordingSink send(FakeRequest request) {
        RecordingSink sink = fixture.send(request);
        // what the fixture keeps of each request is of no use here
        fixture.journal.records.clear();
        fixture.up().asked().clear();
        return sink;
    }
}
