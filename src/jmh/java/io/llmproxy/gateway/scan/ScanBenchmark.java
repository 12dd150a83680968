package io.llmproxy.gateway.scan;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** The scan of a request's body, and what listens to a stream of 20 chunks. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScanBenchmark {
    private static final int CHUNKS = 20;

    /** A request's body. */
    @State(Scope.Benchmark)
    public static class Body {
        @Param({"500", "10000", "1000000"})
        int size;

        byte[] bytes;

        @Setup
        public void setUp() {
            String message =
                    "{\"role\":\"user\",\"content\":\"The quick brown fox \\\"jumps\\\" over the lazy dog.\\n\"}";
            StringBuilder json =
                    new StringBuilder("{\"model\":\"gpt-4o\",\"temperature\":0.7,\"messages\":[").append(message);
            while (json.length() < size - 100) {
                json.append(',').append(message);
            }
            bytes = json.append("],\"max_tokens\":256,\"stream\":true}")
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    private byte[] stream;

    @Setup
    public void setUp() {
        String head =
                "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o\",";
        String usage = "\"usage\":{\"prompt_tokens\":95,\"completion_tokens\":20,\"total_tokens\":115}}\n\n";
        String word = head
                + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" dolor\"},\"finish_reason\":null}],\"usage\":null}\n\n";
        stream = (word.repeat(CHUNKS) + head + "\"choices\":[]," + usage + "data: [DONE]\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Benchmark
    public JsonRequest request(Body body) {
        return JsonRequest.scan(body.bytes, body.bytes.length);
    }

    @Benchmark
    public UsageTap tapOf20Chunks() {
        UsageTap tap = UsageTap.of("text/event-stream", "");
        tap.feed(stream, 0, stream.length);
        return tap;
    }

    @Benchmark
    public void filterOf20Chunks(Blackhole out) throws IOException {
        UsageFilter filter = new UsageFilter((bytes, offset, length) -> out.consume(length));
        filter.feed(stream, 0, stream.length);
        filter.finish();
    }
}
