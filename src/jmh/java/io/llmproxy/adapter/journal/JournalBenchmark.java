package io.llmproxy.adapter.journal;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** A usage record on its way into the kernel, by one thread and by eight at once; synced every 100 ms as usual. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class JournalBenchmark {
    private final UsageRecord record = UsageRecords.full(Ids.next(UsageRecords.T0), "bench");
    private Path directory;
    private FileUsageJournal journal;

    // each iteration begins anew, so that the disk does not fill
    @Setup(Level.Iteration)
    public void setUp() throws IOException {
        directory = Files.createTempDirectory("journal-benchmark");
        journal = FileUsageJournal.open(directory, Duration.ofMillis(100));
    }

    @TearDown(Level.Iteration)
    public void tearDown() throws IOException {
        journal.close();
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.delete(file);
            }
        }
    }

    @Benchmark
    @Threads(1)
    public void append() {
        journal.append(record);
    }

    @Benchmark
    @Threads(8)
    public void appendBy8() {
        journal.append(record);
    }
}
