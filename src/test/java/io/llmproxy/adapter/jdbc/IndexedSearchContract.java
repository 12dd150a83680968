package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The same searches by the index, of segments of 256 records, of which the newest is never whole. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class IndexedSearchContract extends RequestSearchContract {
    private static final IndexLayout LAYOUT = new IndexLayout(8);
    private final Tenant second = Samples.tenant("second");
    private @Nullable Database database;

    abstract Database fresh();

    @BeforeAll
    void open() {
        database = fresh();
    }

    @BeforeEach
    void empty() {
        for (String table : List.of("usage_blocks", "usage_summaries", "usage_segments", "usage_index")) {
            run("DELETE FROM " + table);
        }
        run("UPDATE usage_head SET next_seq = 1, indexed_seq = 0");
    }

    @AfterAll
    void close() {
        database().close();
    }

    @Override
    Database database() {
        return Objects.requireNonNull(database);
    }

    /** With all in the index that can be. */
    @Override
    RequestSearch search() {
        RequestSearch search = plain();
        while (search.index()) {
            // the next segment
        }
        return search;
    }

    private RequestSearch plain() {
        return new JdbcRequestSearch(database().sql, new JournalFormat(), LAYOUT);
    }

    @Override
    UsageStore usage() {
        return new JdbcUsageStore(database().sql, new JournalFormat(), LAYOUT);
    }

    private long count(String table) {
        return database()
                .sql
                .first(
                        "counting",
                        NamedSql.of("SELECT COUNT(*) AS rows_there FROM " + table),
                        Params.none(),
                        row -> row.number("rows_there"))
                .orElseThrow();
    }

    private void run(String statement) {
        database().sql.update("changing", NamedSql.of(statement), Params.none());
    }

    private static UsageRecord record(Random random, Tenant of, Instant at) {
        UsageRecord r = Samples.usage(
                of,
                at,
                "model-" + random.nextInt(6),
                Outcome.COMPLETED,
                List.of(200, 200, 200, 404, 502, 503).get(random.nextInt(6)));
        UsageRecord.Caller caller = new UsageRecord.Caller(
                of.id(),
                of.slug(),
                random.nextInt(9) == 0 ? null : new UUID(7, random.nextInt(40)),
                "u",
                new UUID(8, random.nextInt(20)),
                "k",
                null);
        return new UsageRecord(
                r.requestId(), r.clientRequestId(), r.upstreamRequestId(), r.startedAt(), caller, r.call(), r.result());
    }

    /** Of two tenants, in blocks of one record and of many, some of which came an hour late. */
    private List<UsageRecord> fill(Random random) {
        List<UsageRecord> all = new ArrayList<>();
        for (int batch = 0; batch < 8; batch++) {
            List<UsageRecord> some = new ArrayList<>();
            int late = batch % 4 == 2 ? 3600 : 0;
            for (int i = 0; i < 300; i++) {
                Instant at = NOW.plusSeconds(all.size() + i - late).plusNanos(1000L * random.nextInt(1_000_000));
                some.add(record(random, random.nextInt(4) == 0 ? second : tenant, at));
            }
            append(some, List.of(1, 60, 7, 300).get(batch % 4));
            all.addAll(some);
        }
        return all;
    }

    private RequestQuery query(Random random) {
        boolean timed = random.nextInt(3) == 0;
        Instant from = NOW.plusSeconds(random.nextInt(2400) - 600);
        int status = random.nextInt(3);
        return new RequestQuery(
                random.nextInt(3) == 0 ? null : random.nextInt(3) == 0 ? second.id() : tenant.id(),
                random.nextInt(4) == 0 ? Set.of(second.id()) : Set.of(),
                timed ? from : null,
                timed ? from.plusSeconds(random.nextInt(1200)) : null,
                random.nextBoolean() ? new UUID(7, random.nextInt(44)) : null,
                random.nextInt(4) == 0 ? new UUID(8, random.nextInt(22)) : null,
                random.nextInt(3) == 0 ? "model-" + random.nextInt(7) : null,
                status == 0 ? null : Integer.valueOf(status == 1 ? 500 : 404),
                status == 0 ? null : Integer.valueOf(status == 1 ? 599 : 404),
                null);
    }

    private static List<UsageRecord> pages(RequestSearch search, RequestQuery query, int limit) {
        return Samples.all(page -> search.search(query, page), limit);
    }

    @Test
    void findsTheSameInTheSameOrderHoweverMuchIsIndexed() {
        Random random = new Random(6);
        List<UsageRecord> records = fill(random);
        RequestSearch search = plain();
        List<RequestQuery> queries = new ArrayList<>();
        List<List<UsageRecord>> before = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            RequestQuery query = query(random);
            queries.add(query);
            before.add(pages(search, query, 1000));
            assertThat(before.getLast())
                    .as(query.toString())
                    .containsExactlyInAnyOrderElementsOf(
                            records.stream().filter(query::matches).toList());
        }
        while (search.index()) {
            for (int i = 0; i < 4; i++) {
                int at = random.nextInt(queries.size());
                assertThat(pages(search, queries.get(at), 200))
                        .as(queries.get(at).toString())
                        .containsExactlyElementsOf(before.get(at));
            }
        }
        for (int i = 0; i < queries.size(); i++) {
            assertThat(pages(search, queries.get(i), i % 2 == 0 ? 50 : 1000))
                    .as(queries.get(i).toString())
                    .containsExactlyElementsOf(before.get(i));
        }
        assertThat(count("usage_segments")).isEqualTo((records.size() + 1) / LAYOUT.records());
    }

    @Test
    void aPageGoesOnWhileTheIndexGrows() {
        fill(new Random(7));
        RequestQuery query = new RequestQuery(null, Set.of(), null, null, null, null, "model-1", null, null, null);
        RequestSearch search = plain();
        List<UsageRecord> whole = pages(search, query, 1000);
        List<UsageRecord> found = Samples.all(
                page -> {
                    search.index();
                    return search.search(query, page);
                },
                40);
        assertThat(found).containsExactlyElementsOf(whole);
    }

    @Test
    void whatIsPurgedLeavesTheIndex() {
        fill();
        RequestQuery query =
                new RequestQuery(tenant.id(), Set.of(), null, null, new UUID(7, 7), null, null, null, null, null);
        assertThat(all(query, 1000)).hasSize(1200);
        assertThat(count("usage_segments")).isEqualTo(4);
        usage().purge(tenant.id(), NOW.plusSeconds(600), 10_000);
        assertThat(count("usage_segments")).isEqualTo(2);
        assertThat(all(query, 1000)).hasSize(600);
        usage().purge(tenant.id(), NOW.plusSeconds(6000), 10_000);
        assertThat(count("usage_segments")).isZero();
        assertThat(count("usage_index")).isZero();
        assertThat(all(query, 1000)).isEmpty();
        fill();
        assertThat(all(query, 1000)).hasSize(1200);
    }

    @Test
    void twoThatIndexAtOnceAddEachSegmentOnce() throws Exception {
        List<UsageRecord> records = fill(new Random(8));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<RequestSearch> all = this::search;
            for (Future<RequestSearch> one : threads.invokeAll(List.of(all, all))) {
                one.get();
            }
        }
        assertThat(count("usage_segments")).isEqualTo((records.size() + 1) / LAYOUT.records());
        RequestQuery query = new RequestQuery(null, Set.of(), null, null, null, null, "model-1", null, null, null);
        assertThat(all(query, 1000))
                .hasSize((int) records.stream().filter(query::matches).count());
    }

    @Test
    void aDamagedBlockIsSaidWhereASearchNeedsItAndHidesNoOther() {
        fill();
        run("UPDATE usage_blocks SET data = digest WHERE seq = 301");
        assertThat(all(model("only-\u00e4\ud83d\ude00-7"), 1000)).hasSize(50);
        assertThat(count("usage_segments")).isEqualTo(4);
        assertThatThrownBy(() -> all(model("only-\u00e4\ud83d\ude00-3"), 1000))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("ledger check");
    }

    private RequestQuery model(String model) {
        return new RequestQuery(tenant.id(), Set.of(), null, null, null, null, model, null, null, null);
    }
}
