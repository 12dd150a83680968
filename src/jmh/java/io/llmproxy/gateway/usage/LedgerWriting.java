package io.llmproxy.gateway.usage;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.journal.FileUsageJournal;
import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * What it costs to bring records from the journal to the embedded database, and to read and check them there: the processor's
 * time of the whole process, garbage collection and compilation included. Arguments: a directory that is new, how many records.
 */
public final class LedgerWriting {
    private static final Instant T0 = Instant.parse("2026-11-20T10:00:00.123456Z");
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private LedgerWriting() {}

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        int records = Integer.parseInt(args[1]);
        Files.createDirectories(directory);
        try (Database database = Database.open(null, directory, null, null, 4);
                FileUsageJournal journal =
                        FileUsageJournal.open(directory.resolve("journal"), Duration.ofMillis(100))) {
            UsageStore store = database.usage(new JournalFormat());
            measured("append to the journal", records, () -> fill(journal, records));
            UsageFlusher flusher = new UsageFlusher(journal, store, new JournalFormat());
            measured("journal to database", records, () -> {
                flusher.start();
                while (journal.backlog() > 0) {
                    flusher.flush();
                }
            });
            flusher.close();
            measured("export, pages of 1000", records, () -> export(store));
            measured("ledger check", records, () -> System.out.println(store.check(Map.of())));
        }
        System.out.printf(
                "database: %.0f bytes/record%n", (double) Files.size(directory.resolve("db/llmproxy.mv.db")) / records);
    }

    private static void export(UsageStore store) {
        UsageQuery all = new UsageQuery(null, null, null, null);
        String after = null;
        do {
            Page<UsageRecord> page = store.list(all, new Page.Request(1000, after));
            after = page.next();
        } while (after != null);
    }

    private static void measured(String what, int records, Runnable work) {
        long cpu = SYSTEM.getProcessCpuTime();
        long wall = System.nanoTime();
        long bytes = THREADS.getTotalThreadAllocatedBytes();
        work.run();
        System.out.printf(
                "%s: %.2f us of processor time, %.2f us elapsed, %d bytes allocated, each of %d records%n",
                what,
                (SYSTEM.getProcessCpuTime() - cpu) / 1e3 / records,
                (System.nanoTime() - wall) / 1e3 / records,
                (THREADS.getTotalThreadAllocatedBytes() - bytes) / records,
                records);
    }

    private static void fill(FileUsageJournal journal, int records) {
        Random random = new Random(1);
        for (int i = 0; i < records; i++) {
            journal.append(record(random, T0.plusNanos(50_000L * i)));
        }
    }

    /** Of 20 keys and 10 users of one tenant, on five models, at 20,000 a second. */
    private static UsageRecord record(Random random, Instant at) {
        int key = random.nextInt(20);
        String model = List.of("gpt-4o", "gpt-4o-mini", "o3", "gpt-5", "text-embedding-3-small")
                .get(random.nextInt(5));
        byte[] upstream = new byte[16];
        random.nextBytes(upstream);
        return new UsageRecord(
                Ids.next(at),
                null,
                "req_" + UUID.nameUUIDFromBytes(upstream),
                at,
                new UsageRecord.Caller(
                        new UUID(1, 1),
                        "acme",
                        new UUID(2, key / 2),
                        "user" + key / 2 + "@acme.example",
                        new UUID(3, key),
                        "key-" + key,
                        null),
                new UsageRecord.Call("POST", "/v1/chat/completions", model, "openai", model + "-2026-08-06"),
                new UsageRecord.Result(
                        200,
                        Outcome.COMPLETED,
                        null,
                        random.nextBoolean(),
                        new TokenUsage(
                                random.nextInt(4000),
                                random.nextInt(900),
                                random.nextInt(100),
                                0,
                                0,
                                0,
                                0,
                                TokenUsage.Source.PROVIDER),
                        new UsageRecord.Effort(
                                500 + random.nextInt(16_000),
                                900 + random.nextInt(8000),
                                300_000 + random.nextInt(9_000_000),
                                100_000 + random.nextInt(100_000),
                                70 + random.nextInt(200),
                                1),
                        Cost.UNKNOWN,
                        List.of()));
    }
}
