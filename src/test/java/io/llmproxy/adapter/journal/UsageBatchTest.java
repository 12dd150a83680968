package io.llmproxy.adapter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.domain.usage.UsageRollup;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the journal hands to the database, and where it goes on. */
class UsageBatchTest {
    @TempDir
    Path dir;

    @Test
    void blocksHoldEveryRecordInTheOrderOfItsTenantAndTheSumsAreThoseOfTheRecords() {
        Random random = new Random(7);
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            records.add(any(random, i));
        }
        UsageBatch batch = JournalRecords.batch(dir, records);

        assertThat(batch.passed()).isLessThanOrEqualTo(10_000);
        List<UsageRecord> held = records.subList(0, batch.passed());
        assertThat(batch.records()).isEqualTo(held.size());
        Map<UUID, List<UsageRecord>> byTenant = held.stream().collect(Collectors.groupingBy(UsageRecord::tenantId));
        Map<UUID, List<UsageRecord>> found =
                JournalRecords.of(batch).stream().collect(Collectors.groupingBy(UsageRecord::tenantId));
        assertThat(found).isEqualTo(byTenant);

        Map<UsageGroup, UsageFigures> sums = new HashMap<>();
        held.forEach(r -> sums.merge(UsageGroup.of(r), UsageFigures.of(r), UsageFigures::plus));
        assertThat(batch.rollups().stream().collect(Collectors.toMap(UsageRollup::group, UsageRollup::figures)))
                .isEqualTo(sums);
        for (UsageBlock block : batch.blocks()) {
            assertThat(block.records()).isBetween(1, UsageBlock.MAX_RECORDS);
            assertThat(block.frames().length).isLessThanOrEqualTo(UsageBlock.MAX_BYTES);
        }
    }

    @Test
    void aBlockKnowsItsEarliestAndItsLatest() {
        Instant early = Instant.parse("1969-12-31T23:59:59.999999999Z");
        Instant late = Instant.parse("2030-01-01T00:00:00.000000001Z");
        UsageBatch batch =
                JournalRecords.batch(dir, List.of(at(UsageRecords.T0), at(late), at(early), at(Instant.EPOCH)));
        UsageBlock block = batch.blocks().getFirst();
        assertThat(block.firstAt()).isEqualTo(early);
        assertThat(block.lastAt()).isEqualTo(late);
        assertThat(block.tenantSlug()).isEqualTo("acme");
    }

    private static UsageRecord at(Instant started) {
        return record(started, UsageRecords.TENANT, "m", "p", Outcome.COMPLETED, 200, 1);
    }

    private static UsageRecord any(Random random, int i) {
        UUID tenant = new UUID(0, random.nextInt(5));
        @Nullable String model = random.nextInt(4) == 0 ? null : "gpt-" + random.nextInt(20);
        @Nullable String provider = random.nextInt(4) == 0 ? null : "\u00fc" + random.nextInt(3);
        List<Outcome> outcomes = List.of(Outcome.values());
        Outcome outcome = outcomes.get(random.nextInt(outcomes.size()));
        long tokens = random.nextInt(50) == 0 ? Long.MAX_VALUE - i : random.nextInt(1000);
        return record(
                UsageRecords.T0.plusSeconds(random.nextInt(20_000)),
                tenant,
                model,
                provider,
                outcome,
                200 + 100 * random.nextInt(4),
                tokens);
    }

    private static UsageRecord record(
            Instant started,
            UUID tenant,
            @Nullable String model,
            @Nullable String provider,
            Outcome outcome,
            int status,
            long tokens) {
        UsageRecord r = UsageRecords.labelled("x".repeat((int) (tokens % 7)));
        boolean user = tokens % 2 == 0;
        return new UsageRecord(
                r.requestId(),
                r.clientRequestId(),
                null,
                started,
                new UsageRecord.Caller(
                        tenant,
                        tenant.equals(UsageRecords.TENANT) ? "acme" : "t" + tenant.getLeastSignificantBits(),
                        user ? tenant : null,
                        user ? "u@example.com" : null,
                        r.keyId(),
                        r.keyName(),
                        tokens % 4 == 0 ? "10.1.2." + tokens % 256 : null),
                new UsageRecord.Call(r.method(), r.endpoint(), model, provider, model),
                new UsageRecord.Result(
                        status,
                        outcome,
                        outcome == Outcome.REFUSED ? "code" : tokens % 3 == 0 ? UsageRecord.IDEMPOTENT_REPLAY : null,
                        true,
                        new TokenUsage(tokens, 2, 3, 4, 5, 6, 7, TokenUsage.Source.ESTIMATED),
                        new UsageRecord.Effort(8, tokens, 10, -1, 11, 1),
                        tokens % 5 == 0
                                ? Cost.UNKNOWN
                                : new Cost(tokens, tokens % 2 == 0 ? Cost.State.PRICED : Cost.State.PARTIAL, "p"),
                        List.of()));
    }

    @Test
    void whatTheDatabaseSaysDecidesWhereReadingGoesOn() {
        try (FileUsageJournal journal = open(dir, Duration.ofDays(1))) {
            append(journal, 0, 30);
            UsageBatch first = next(journal, 10);
            journal.commit(first);
            journal.commit(next(journal, 10));
            assertThat(journal.backlog()).isEqualTo(10);

            // set back
            journal.stored(first.journal(), first.to());
            assertThat(journal.backlog()).isEqualTo(20);
            assertThat(labels(next(journal, 2))).containsExactly("10", "11");
            journal.stored(first.journal(), JournalPosition.START);
            assertThat(journal.backlog()).isEqualTo(30);
            assertThat(labels(next(journal, 2))).containsExactly("0", "1");

            // ahead of what the directory knows, even of its files
            journal.stored(first.journal(), first.to());
            assertThat(labels(next(journal, 1))).containsExactly("10");
            journal.stored(first.journal(), new JournalPosition(999, 5));
            assertThat(journal.next(100)).isNull();
            assertThat(journal.backlog()).isZero();
        }
    }

    @Test
    void segmentsAreKeptForAWhileAfterTheirCommit() throws IOException {
        try (FileUsageJournal journal = open(dir, Duration.ofDays(1))) {
            append(journal, 0, 30);
            int files = files();
            assertThat(files).isGreaterThan(5);
            UsageBatch all = next(journal, 100);
            journal.commit(all);
            append(journal, 30, 31);
            journal.commit(next(journal, 100));
            assertThat(files()).isGreaterThanOrEqualTo(files);
            journal.stored(all.journal(), JournalPosition.START);
            assertThat(labels(next(journal, 100))).hasSize(31);
        }
    }

    @Test
    void recordsCanBeLeftOut() {
        try (FileUsageJournal journal = open(dir, Duration.ZERO)) {
            append(journal, 0, 9);
            UsageBatch one = next(journal, 1);
            UsageBatch two = Objects.requireNonNull(journal.behind(one, 1));
            UsageBatch three = Objects.requireNonNull(journal.behind(two, 1));
            assertThat(labels(three)).containsExactly("2");
            assertThat(three.from()).isEqualTo(one.from());
            assertThat(three.passed()).isEqualTo(3);
            journal.commit(three);
            assertThat(journal.backlog()).isEqualTo(6);
            assertThat(labels(next(journal, 9))).startsWith("3").hasSize(6);
            assertThat(journal.behind(next(journal, 9), 1)).isNull();
        }
    }

    @Test
    void aCopyOfADirectoryWritesToAJournalOfItsOwnAndAgreesOnTheOthers() throws IOException {
        Path copy = dir.resolve("copy");
        Path original = dir.resolve("original");
        try (FileUsageJournal journal = open(original, Duration.ZERO)) {
            append(journal, 0, 5);
            Files.createDirectory(copy);
            try (Stream<Path> files = Files.list(original)) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
            append(journal, 5, 6);
            try (FileUsageJournal other = open(copy, Duration.ZERO)) {
                append(other, 100, 101);
                UsageBatch of = next(journal, 5);
                UsageBatch there = next(other, 5);
                assertThat(there.journal()).isEqualTo(of.journal());
                assertThat(there.from()).isEqualTo(of.from());
                assertThat(there.to()).isEqualTo(of.to());
                // the original's process was quicker
                other.stored(of.journal(), of.to());
                UsageBatch own = next(other, 5);
                assertThat(labels(own)).containsExactly("100");
                assertThat(own.journal()).isNotEqualTo(of.journal());
                journal.commit(of);
                assertThat(labels(next(journal, 9))).containsExactly("5");
            }
        }
    }

    private static UsageBatch next(FileUsageJournal journal, int max) {
        return Objects.requireNonNull(journal.next(max));
    }

    private static FileUsageJournal open(Path directory, Duration kept) {
        return FileUsageJournal.open(directory, Duration.ofMillis(100), MappedSegmentFile::new, 1000, kept);
    }

    private static void append(FileUsageJournal journal, int from, int to) {
        for (int i = from; i < to; i++) {
            journal.append(UsageRecords.full(Ids.next(UsageRecords.T0), String.valueOf(i)));
        }
    }

    private static List<String> labels(UsageBatch batch) {
        return JournalRecords.of(batch).stream()
                .map(r -> String.valueOf(r.clientRequestId()))
                .toList();
    }

    private int files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return (int) files.filter(f -> f.toString().endsWith(".log")).count();
        }
    }
}
