package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.journal.JournalRecords;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.LedgerFault;
import io.llmproxy.domain.usage.LedgerFault.Check;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageQuery.Dimension;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody tampers with the tables, and the check names what he did. Each test has a database of its own. */
abstract class LedgerCheckContract {
    @TempDir
    Path directory;

    private final Tenant acme = Samples.tenant("acme");
    private Database database;
    private UsageStore store;
    private UsageBatch last;

    abstract Database open();

    abstract DataSource source();

    @BeforeEach
    void fill() {
        database = open();
        store = database.usage(new JournalFormat());
        for (int block = 0; block < 6; block++) {
            append(block);
        }
        last = append(6);
    }

    private UsageBatch append(int block) {
        return append(block, acme, NOW.plusSeconds(block));
    }

    private UsageBatch append(int block, Tenant tenant, Instant at) {
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            boolean even = i % 2 == 0;
            Cost cost = even ? new Cost(1_000 + i, Cost.State.PRICED, "p") : Cost.UNKNOWN;
            Outcome outcome = i % 10 == 0 ? Outcome.REFUSED : Outcome.COMPLETED;
            records.add(Samples.usage(tenant, at, even ? "m" : "n", outcome, 200, cost));
        }
        UsageBatch batch = JournalRecords.batch(directory.resolve("journal" + block), records);
        assertThat(store.append(batch)).isTrue();
        return batch;
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aLedgerThatNobodyTouchedIsSound() {
        LedgerReport report = store.check(Map.of(last.journal(), extent(last.to())));
        assertThat(report.faults()).isEmpty();
        assertThat(report.sound()).isTrue();
        assertThat(report.checks())
                .extracting(LedgerReport.Checked::check, LedgerReport.Checked::count)
                .contains(
                        tuple(Check.BLOCKS, 7L),
                        tuple(Check.REQUEST_IDS, 2100L),
                        tuple(Check.ROLLUPS, 1L),
                        tuple(Check.POSITIONS, 1L));
    }

    @Test
    void aChangedBlockIsNamed() throws SQLException {
        run("UPDATE usage_blocks SET data = (SELECT b.data FROM usage_blocks b WHERE b.seq = 1) WHERE seq = 901");
        LedgerFault fault = first();
        assertThat(fault.check()).isEqualTo(Check.BLOCKS);
        assertThat(fault.block()).isEqualTo(901);
        assertThat(fault.tenant()).isEqualTo("acme");
        assertThat(fault.time()).isEqualTo(NOW.plusSeconds(3));
        assertThat(fault.detail()).contains("digest");
    }

    @Test
    void bytesThatAreNoRecordsAreNamedAndDoNotEndTheCheck() throws SQLException {
        run("UPDATE usage_blocks SET data = digest WHERE seq = 301");
        assertThat(first().block()).isEqualTo(301);
        assertThat(store.check(Map.of()).faults())
                .extracting(LedgerFault::check)
                .contains(Check.ROLLUPS);
    }

    @Test
    void aChangedCountIsNamed() throws SQLException {
        run("UPDATE usage_blocks SET records = 299 WHERE seq = 601");
        assertThat(first().block()).isEqualTo(601);
        assertThat(first().detail()).contains("holds 300 records and should hold 299");
    }

    @Test
    void aDeletedBlockIsMissedInTheSumsOfItsTenantAndHour() throws SQLException {
        run("DELETE FROM usage_blocks WHERE seq = 601");
        LedgerFault fault = first();
        assertThat(fault.check()).isEqualTo(Check.ROLLUPS);
        assertThat(fault.tenant()).isEqualTo("acme");
        assertThat(fault.time()).isEqualTo(NOW.truncatedTo(ChronoUnit.HOURS));
        assertThat(fault.detail()).contains("300 fewer requests");
        assertThat(checks()).contains(Check.TOTALS);
    }

    @Test
    void aDoubledBlockIsNamed() throws SQLException {
        run("INSERT INTO usage_blocks SELECT 99901, tenant_id, tenant_slug, records, first_at, last_at, coding, digest,"
                + " data FROM usage_blocks WHERE seq = 601");
        LedgerFault fault = first();
        assertThat(fault.check()).isEqualTo(Check.REQUEST_IDS);
        assertThat(fault.block()).isEqualTo(99901);
        assertThat(fault.detail()).contains("300");
        assertThat(checks()).contains(Check.ROLLUPS, Check.TOTALS);
    }

    @Test
    void aBlockAmongTheNumbersOfAnotherIsNamed() throws SQLException {
        run("UPDATE usage_blocks SET seq = 610 WHERE seq = 901");
        assertThat(first().check()).isEqualTo(Check.BLOCKS);
        assertThat(first().block()).isEqualTo(610);
    }

    @Test
    void sumsThatOutliveTheirRecordsAreNoFaultAndWhatIsMissingInThemIs() throws SQLException {
        Tenant other = Samples.tenant("other");
        append(7, other, NOW);
        append(8, acme, NOW.plus(1, ChronoUnit.HOURS));
        assertThat(store.purge(acme.id(), NOW.plusSeconds(4), 10_000)).isEqualTo(1200);
        assertThat(store.check(Map.of()).faults()).isEmpty();
        run("UPDATE usage_rollups SET requests = requests - 2000 WHERE tenant_slug = 'acme'");
        assertThat(store.check(Map.of()).faults())
                .extracting(LedgerFault::time, LedgerFault::detail)
                .anySatisfy(f -> {
                    assertThat(f.toList().getFirst()).isEqualTo(NOW.truncatedTo(ChronoUnit.HOURS));
                    assertThat(f.toString()).contains("more requests");
                });
        run("UPDATE usage_rollups SET requests = requests + 2000 WHERE tenant_slug = 'acme'");
        run("DELETE FROM usage_blocks WHERE tenant_slug = 'other' OR seq = 2401");
        assertThat(store.check(Map.of()).faults())
                .filteredOn(f -> f.check() == Check.ROLLUPS)
                .extracting(LedgerFault::tenant, LedgerFault::time)
                .containsExactlyInAnyOrder(
                        tuple("other", NOW.truncatedTo(ChronoUnit.HOURS)),
                        tuple("acme", NOW.plus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.HOURS)));
    }

    @Test
    void aDamagedBlockIsPurgedLikeOthers() throws SQLException {
        run("UPDATE usage_blocks SET data = digest WHERE seq = 301");
        assertThat(store.purge(acme.id(), NOW.plusSeconds(4), 10_000)).isEqualTo(1200);
        assertThat(store.check(Map.of()).faults()).isEmpty();
    }

    @Test
    void aChangedSumIsNamed() throws SQLException {
        run("UPDATE usage_rollups SET output_tokens = output_tokens + 5 WHERE model = 'n'");
        LedgerFault fault = first();
        assertThat(fault.check()).isEqualTo(Check.ROLLUPS);
        assertThat(fault.tenant()).isEqualTo("acme");
        assertThat(fault.detail()).contains("5 fewer output_tokens");
    }

    @Test
    void aSumThatWasMovedToAnotherModelIsNamed() throws SQLException {
        run("UPDATE usage_rollups SET input_tokens = input_tokens + CASE WHEN model = 'm' THEN 7 ELSE -7 END");
        assertThat(first().check()).isEqualTo(Check.ROLLUPS);
        assertThat(first().detail()).contains("another user, key, model or provider");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cost_nanos", "unpriced", "uncharged"})
    void aChangedSumOfMoneyIsNamed(String column) throws SQLException {
        run("UPDATE usage_rollups SET " + column + " = " + column + " - 3 WHERE model = 'm'");
        assertThat(first().check()).isEqualTo(Check.ROLLUPS);
        assertThat(first().detail()).contains("3 more " + column);
    }

    @Test
    void aLedgerOfAnEarlierVersionIsSummedUpAtTheFirstStart() throws SQLException {
        List<UsageQuery.Row> before = store.report(new UsageQuery(null, null, null, null), List.of(Dimension.MODEL));
        assertThat(before.getFirst().costNanos()).isPositive();
        run("UPDATE usage_rollups SET cost_nanos = 0, unpriced = 0, uncharged = 0");
        run("UPDATE usage_head SET whole = FALSE");
        assertThat(store.check(Map.of()).sound()).isFalse();
        store = database.usage(new JournalFormat());
        assertThat(store.check(Map.of()).sound()).isTrue();
        assertThat(store.report(new UsageQuery(null, null, null, null), List.of(Dimension.MODEL)))
                .isEqualTo(before);
        // once: what is wrong later is not hidden by a start
        run("UPDATE usage_rollups SET cost_nanos = 0 WHERE model = 'm'");
        assertThat(database.usage(new JournalFormat()).check(Map.of()).sound()).isFalse();
    }

    @Test
    void aDamagedBlockDoesNotKeepAnEarlierVersionsLedgerFromStarting() throws SQLException {
        run("UPDATE usage_blocks SET data = digest WHERE seq = 301");
        run("UPDATE usage_head SET whole = FALSE");
        store = database.usage(new JournalFormat());
        assertThat(store.check(Map.of()).faults())
                .extracting(LedgerFault::check)
                .containsOnly(Check.BLOCKS, Check.ROLLUPS);
    }

    @Test
    void aPositionThatWasSetBackIsNamed() throws SQLException {
        run("UPDATE usage_positions SET byte_offset = byte_offset - 1");
        LedgerReport report = store.check(Map.of(last.journal(), extent(last.to())));
        assertThat(report.faults()).extracting(LedgerFault::check).containsExactly(Check.POSITIONS);
        assertThat(report.faults().getFirst().detail()).contains(last.journal().toString());
    }

    @Test
    void recordsThatNoJournalHandedOverAreNamed() throws SQLException {
        run("UPDATE usage_positions SET records = records - 1 WHERE journal_id = '" + last.journal() + "'");
        assertThat(first().check()).isEqualTo(Check.TOTALS);
    }

    private static UsageJournal.Extent extent(JournalPosition committed) {
        return new UsageJournal.Extent(JournalPosition.START, committed, committed);
    }

    private LedgerFault first() {
        LedgerReport report = store.check(Map.of(Ids.random(), extent(JournalPosition.START)));
        assertThat(report.sound()).isFalse();
        return report.faults().getFirst();
    }

    private List<Check> checks() {
        return store.check(Map.of()).faults().stream().map(LedgerFault::check).toList();
    }

    private void run(String statement) throws SQLException {
        try (Connection connection = source().getConnection();
                Statement sql = connection.createStatement()) {
            assertThat(sql.executeUpdate(statement)).isPositive();
        }
    }
}
