package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.journal.JournalRecords;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger that an older program, which knows no summaries, goes on writing after a newer one brought them. */
class SummaryCompletionTest {
    @TempDir
    Path directory;

    private final Tenant tenant = Samples.tenant("acme");

    private void append(Database database, Instant... times) {
        List<UsageRecord> records = java.util.stream.Stream.of(times)
                .map(at -> Samples.usage(tenant, at, "m", Outcome.COMPLETED, 200))
                .toList();
        assertThat(database.usage(new JournalFormat())
                        .append(JournalRecords.batch(
                                directory.resolve(Ids.random().toString()), records)))
                .isTrue();
    }

    /** What an older program does not write. */
    private static void forget(Database database) {
        database.sql.update("test", NamedSql.of("DELETE FROM usage_summaries"), Params.none());
        database.sql.update("test", NamedSql.of("UPDATE usage_head SET span_micros = 0"), Params.none());
    }

    private int found(RequestSearch search, @Nullable Instant to) {
        RequestQuery query = new RequestQuery(tenant.id(), Set.of(), null, to, null, null, null, 0, 999, null);
        return search.search(query, Page.Request.first(100)).items().size();
    }

    @Test
    void findsWhatAnOlderProgramWroteMeanwhile() {
        try (Database database =
                Database.open(PostgresServer.freshDatabase(), Path.of("unused"), PostgresServer.USER, null, 2)) {
            RequestSearch search = database.requests(new JournalFormat());
            append(database, NOW);
            forget(database);
            assertThat(found(search, null)).isEqualTo(1);
            // its blocks may be longer than any before
            append(database, NOW.plusSeconds(1), NOW.plus(Duration.ofHours(1)));
            database.sql.update(
                    "test", NamedSql.of("DELETE FROM usage_summaries WHERE traits IS NOT NULL"), Params.none());
            database.sql.update("test", NamedSql.of("UPDATE usage_head SET span_micros = 0"), Params.none());
            assertThat(found(search, null)).isEqualTo(3);
            assertThat(found(search, NOW.plusSeconds(2))).isEqualTo(2);
            assertThat(found(database.requests(new JournalFormat()), null)).isEqualTo(3);
        }
    }

    @Test
    void looksForNoneLongAfterTheMigration() {
        try (Database database =
                Database.open(PostgresServer.freshDatabase(), Path.of("unused"), PostgresServer.USER, null, 2)) {
            append(database, NOW);
            forget(database);
            database.sql.update(
                    "test",
                    NamedSql.of(
                            "UPDATE \"flyway_schema_history\" SET \"installed_on\" = LOCALTIMESTAMP - INTERVAL '31' DAY"),
                    Params.none());
            assertThat(found(database.requests(new JournalFormat()), null)).isZero();
        }
    }
}
