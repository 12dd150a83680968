package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.journal.FileUsageJournal;
import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.journal.JournalRecords;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.UsageRecords;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten million requests ({@code -Drequests=N} for another number) on each database, and what a search among them takes: the
 * times are printed, and none may be so long that somebody would wait for it. {@code -Dblock=N}: as many records a block; without, the
 * blocks are as long as they get, which is under much load.
 */
@Tag("proof")
class ManyRequestsTest {
    private static final int BATCH = 10_000;
    private static final int PAGE = 100;
    private static final int SOME = -1;
    private static final int USERS = 100;
    private static final int KEYS = 50;
    private static final int MODELS = 20;
    private static final UUID TENANT = new UUID(1, 1);
    /** Also on a machine that does much else. */
    private static final Duration BOUND = Duration.ofSeconds(5);

    @TempDir
    Path directory = Path.of("/");

    private final int requests = Integer.getInteger("requests", 10_000_000);

    @Test
    void aSearchAmongTenMillionRequestsIsQuickOnH2() {
        try (Database database = open(null)) {
            fill(database);
        }
        // nothing is in the caches of the database, as after a start
        try (Database database = open(null)) {
            measure(database);
        }
    }

    @Test
    void aSearchAmongTenMillionRequestsIsQuickOnPostgresql() {
        try (Database database = open(PostgresServer.freshDatabase())) {
            fill(database);
            measure(database);
        }
    }

    private Database open(@Nullable String url) {
        return Database.open(url, directory, url == null ? null : PostgresServer.USER, null, 2);
    }

    private void fill(Database database) {
        UsageStore usage = database.usage(new JournalFormat());
        int block = Integer.getInteger("block", Integer.MAX_VALUE);
        long begin = System.nanoTime();
        try (UsageJournal journal = FileUsageJournal.open(directory.resolve("journal"), Duration.ofMillis(100))) {
            journal.journals().forEach(id -> journal.stored(id, usage.position(id)));
            for (int from = 0; from < requests; from += BATCH) {
                for (int i = from; i < Math.min(requests, from + BATCH); i++) {
                    journal.append(record(i));
                }
                for (UsageBatch batch = journal.next(BATCH); batch != null; batch = journal.next(BATCH)) {
                    UsageBatch split = block == Integer.MAX_VALUE ? batch : JournalRecords.split(batch, block);
                    assertThat(usage.append(split)).isTrue();
                    journal.commit(batch);
                }
            }
        }
        told("filled with " + requests + " requests", begin);
        RequestSearch search = database.requests(new JournalFormat());
        begin = System.nanoTime();
        long longest = 0;
        int steps = 0;
        long step = begin;
        while (search.index()) {
            steps++;
            longest = Math.max(longest, System.nanoTime() - step);
            step = System.nanoTime();
        }
        told("indexed in " + steps + " steps of " + longest / 1_000_000 + " ms at most", begin);
        for (String table : List.of("usage_blocks", "usage_index")) {
            long bytes = database.sql
                    .first(
                            "measuring",
                            NamedSql.of("SELECT SUM(LENGTH(data)) AS bytes FROM " + table),
                            Params.none(),
                            row -> row.number("bytes"))
                    .orElseThrow();
            System.out.println(table + ": " + (double) bytes / requests + " bytes a request");
        }
    }

    private void measure(Database database) {
        RequestSearch search = database.requests(new JournalFormat());
        Instant third = NOW.plusMillis(10L * (requests / 3));
        UUID wanted = search.search(query(null, null, null, null, third, third.plusMillis(10)), Page.Request.first(1))
                .items()
                .getFirst()
                .requestId();
        UUID user = new UUID(7, 7);
        timed("nobody", search, query(new UUID(9, 9), null, null, null, null, null), 0);
        timed("nobody, again", search, query(new UUID(9, 9), null, null, null, null, null), 0);
        timed("newest page", search, query(null, null, null, null, null, null), 100);
        timed("one request id", search, byId(wanted), 1);
        timed("an hour of the past", search, query(null, null, null, null, third, third.plusSeconds(3600)), 100);
        timed("rare user", search, query(new UUID(7, requests / 2), null, null, null, null, null), 1);
        timed("rare key", search, query(null, new UUID(8, requests / 2), null, null, null, null), 1);
        timed("rare model", search, query(null, null, "rare", null, null, null), 1);
        timed("rare status", search, query(null, null, null, 418, null, null), 1);
        timed("no such status", search, query(null, null, null, 503, null, null), 0);
        timed("one of all users", search, query(user, null, null, null, null, null), 100);
        timed("one of all keys", search, query(null, new UUID(8, 8), null, null, null, null), 100);
        timed("one of all models", search, query(null, null, "model-3", null, null, null), 100);
        timed("common status", search, query(null, null, null, 200, null, null), 100);
        timed("a user's page of an hour", search, query(user, null, null, null, third, third.plusSeconds(3600)), 100);
        timed("a user's refusals", search, query(user, null, null, 429, null, null), SOME);
        timed("a user with a model that it never asked", search, query(user, null, "rare", null, null, null), 0);
        long begin = System.nanoTime();
        int purged = database.usage(new JournalFormat()).purge(TENANT, NOW.plusMillis(10L * (requests / 10)), 10_000);
        told("one step of a purge, " + purged + " requests", begin);
        assertThat(purged).isBetween(1, 20_000);
    }

    private static void told(String what, long begin) {
        System.out.println(
                what + ": " + Duration.ofNanos(System.nanoTime() - begin).toMillis() + " ms");
    }

    /** Without a pattern: each user has one key, shared with one other, and has used each model, and a hundredth has failed. */
    private UsageRecord record(int i) {
        boolean rare = i == requests / 2;
        int some = (int) (i * 0x9E3779B97F4A7C15L >>> 33);
        UUID user = new UUID(7, rare ? i : some % USERS);
        UUID key = new UUID(8, rare ? i : some % USERS % KEYS);
        UsageRecord.Caller caller =
                new UsageRecord.Caller(TENANT, "acme", user, "u" + some % USERS + "@example.com", key, "k", null);
        Instant at = NOW.plusMillis(10L * i);
        return new UsageRecord(
                Ids.next(at),
                null,
                null,
                at,
                caller,
                UsageRecords.chat(rare ? "rare" : "model-" + some / USERS % MODELS),
                rare || some % 101 == 0
                        ? UsageRecords.refused(rare ? 418 : 429, "refused")
                        : UsageRecords.answered(TokenUsage.of(10, 5), Cost.UNKNOWN));
    }

    private static RequestQuery query(
            @Nullable UUID user,
            @Nullable UUID key,
            @Nullable String model,
            @Nullable Integer status,
            @Nullable Instant from,
            @Nullable Instant to) {
        return new RequestQuery(TENANT, Set.of(), from, to, user, key, model, status, status, null);
    }

    private static RequestQuery byId(UUID id) {
        Instant began = Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
        return new RequestQuery(TENANT, Set.of(), began, began.plusMillis(1), null, null, null, null, null, id);
    }

    /** A page of a hundred, or all where there are fewer. */
    private static void timed(String what, RequestSearch search, RequestQuery query, int expected) {
        long begin = System.nanoTime();
        Page<UsageRecord> page = search.search(query, Page.Request.first(PAGE));
        int found = page.items().size();
        while (found < PAGE && page.next() != null) {
            page = search.search(query, new Page.Request(PAGE - found, page.next()));
            found += page.items().size();
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        System.out.println("search, " + what + ": " + found + " found in " + took.toMillis() + " ms");
        if (expected == SOME) {
            assertThat(found).as(what).isPositive();
        } else {
            assertThat(found).as(what).isEqualTo(expected);
        }
        assertThat(took).as(what).isLessThan(BOUND);
    }
}
