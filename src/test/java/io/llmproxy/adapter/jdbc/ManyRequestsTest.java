package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.journal.JournalRecords;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.UsageStore;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.UsageRecords;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten million requests ({@code -Drequests=N} for another number) on each database, and what a search among them takes: the
 * times are printed, and none may be so long that somebody would give up.
 */
@Tag("proof")
class ManyRequestsTest {
    private static final int BATCH = 10_000;
    private static final UUID TENANT = new UUID(1, 1);

    @TempDir
    Path directory = Path.of("/");

    @Test
    void aSearchAmongTenMillionRequestsIsQuickOnH2() {
        try (Database database = Database.open(null, directory, null, null, 2)) {
            measure(database);
        }
    }

    @Test
    void aSearchAmongTenMillionRequestsIsQuickOnPostgresql() {
        try (Database database =
                Database.open(PostgresServer.freshDatabase(), directory, PostgresServer.USER, null, 2)) {
            measure(database);
        }
    }

    private void measure(Database database) {
        int requests = Integer.getInteger("requests", 10_000_000);
        UsageStore usage = database.usage(new JournalFormat());
        long begin = System.nanoTime();
        UUID wanted = fill(usage, requests);
        told("filled with " + requests + " requests", begin);
        RequestSearch search = database.requests(new JournalFormat());
        Instant third = NOW.plusMillis(10L * (requests / 3));
        timed("newest page", search, query(null, null, null, null, null), 100);
        timed("one request id", search, byId(wanted), 1);
        timed("rare user", search, query(new UUID(7, requests / 2), null, null, null, null), 1);
        timed("rare model", search, query(null, "rare", null, null, null), 1);
        timed("rare status", search, query(null, null, 418, null, null), 1);
        timed("nobody", search, query(new UUID(9, 9), null, null, null, null), 0);
        timed("an hour of the past", search, query(null, null, null, third, third.plusSeconds(3600)), 100);
        begin = System.nanoTime();
        int purged = usage.purge(TENANT, NOW.plusMillis(10L * (requests / 10)), 10_000);
        told("one step of a purge, " + purged + " requests", begin);
        assertThat(purged).isBetween(1, 20_000);
    }

    /** One of the ids, a third of the way. */
    private UUID fill(UsageStore usage, int requests) {
        UUID wanted = new UUID(0, 0);
        for (int from = 0; from < requests; from += BATCH) {
            List<UsageRecord> records = new ArrayList<>(BATCH);
            for (int i = from; i < from + BATCH; i++) {
                records.add(record(i, requests));
            }
            wanted = from <= requests / 3 ? records.getFirst().requestId() : wanted;
            Path journal = directory.resolve("journal" + from);
            assertThat(usage.append(JournalRecords.batch(journal, records))).isTrue();
        }
        return wanted;
    }

    private static void told(String what, long begin) {
        System.out.println(
                what + ": " + Duration.ofNanos(System.nanoTime() - begin).toMillis() + " ms");
    }

    private static UsageRecord record(int i, int requests) {
        boolean rare = i == requests / 2;
        UUID user = new UUID(7, rare ? i : i % 1000);
        UsageRecord.Caller caller = new UsageRecord.Caller(
                TENANT, "acme", user, "u" + i % 1000 + "@example.com", new UUID(8, i % 500), "k", null);
        Instant at = NOW.plusMillis(10L * i);
        return new UsageRecord(
                Ids.next(at),
                null,
                null,
                at,
                caller,
                UsageRecords.chat(rare ? "rare" : "model-" + i % 20),
                rare ? UsageRecords.refused(418, "teapot") : UsageRecords.answered(TokenUsage.of(10, 5), Cost.UNKNOWN));
    }

    private static RequestQuery query(
            @Nullable UUID user,
            @Nullable String model,
            @Nullable Integer status,
            @Nullable Instant from,
            @Nullable Instant to) {
        return new RequestQuery(TENANT, Set.of(), from, to, user, null, model, status, status, null);
    }

    private static RequestQuery byId(UUID id) {
        Instant began = Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
        return new RequestQuery(TENANT, Set.of(), began, began.plusMillis(1), null, null, null, null, null, id);
    }

    private static void timed(String what, RequestSearch search, RequestQuery query, int expected) {
        long begin = System.nanoTime();
        Page<UsageRecord> page = search.search(query, Page.Request.first(100));
        int found = page.items().size();
        while (found < expected && page.next() != null || found == 0 && page.next() != null) {
            page = search.search(query, new Page.Request(100, page.next()));
            found += page.items().size();
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        System.out.println("search, " + what + ": " + found + " found in " + took.toMillis() + " ms");
        assertThat(found).as(what).isEqualTo(expected);
        assertThat(took).as(what).isLessThan(Duration.ofSeconds(30));
    }
}
