package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction.Mode;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Megabytes of text that are looked through in a second. */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RedactorBenchmark {
    private static final String PROSE =
            "Dear Anna, the order 4711-0815 of 22.11.2026 came to 1,234.50 EUR; the invoice is in /srv/in/2026.pdf."
                    + " Version 10.2.3 of the parser (see https://example.com/a/b?c=1) handles it. Write to anna@example.com or call +41 44 668 18 00.\n";
    private static final int MEGABYTE = 1_000_000;

    private final String text = PROSE.repeat(MEGABYTE / PROSE.length());
    private final byte[] body = ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
                    + text.replace("\n", "\\n") + "\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    private final Redactor all = Redactor.of(EnumSet.allOf(PrivateKind.class));
    private final Redactor patterns =
            Redactor.of(PrivateKind.DEFAULTS, List.of(new CustomPattern("customer", "\\bCUST-\\d{2,6}\\b")));

    @Benchmark
    public String defaults() {
        return Redactor.DEFAULT.redact(text);
    }

    @Benchmark
    public String allKinds() {
        return all.redact(text);
    }

    @Benchmark
    public String withAPattern() {
        return patterns.redact(text);
    }

    @Benchmark
    public RequestRedaction requestIntoAVault() {
        return RequestRedaction.of(body, Redactor.DEFAULT, Mode.VAULT, 1);
    }
}
