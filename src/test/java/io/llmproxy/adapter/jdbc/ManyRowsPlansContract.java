package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.domain.audit.AuditQuery;
import io.llmproxy.domain.usage.RequestQuery;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** How the database goes about what is asked of tables with many rows: by an index, in its order, and never through all of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ManyRowsPlansContract {
    private static final int ROWS = 10_000;
    private static final UUID TENANT = new UUID(1, 1);
    private static final UUID OTHER = new UUID(2, 2);

    private Database database;

    abstract Database fresh();

    /** A table expression of numbers named x. */
    abstract String numbers(int rows);

    abstract String randomId();

    /** The column in which the plan is. */
    abstract String plan();

    @BeforeAll
    void fill() {
        database = fresh();
        Params params = Params.of("one", TENANT).and("other", OTHER).and("at", NOW);
        String tenant = "CASE WHEN MOD(x, 2) = 0 THEN CAST(:one AS UUID) ELSE CAST(:other AS UUID) END";
        String at = "CAST(:at AS TIMESTAMP WITH TIME ZONE) + x * INTERVAL '1' SECOND";
        run(
                "INSERT INTO usage_summaries (seq, tenant_id, first_at, last_at) SELECT x, " + tenant + ", " + at + ", "
                        + at + " FROM " + numbers(ROWS),
                params);
        run(
                "INSERT INTO request_bodies (tenant_id, request_id, data) SELECT " + tenant + ", " + randomId()
                        + ", :data FROM " + numbers(ROWS),
                params.and("data", new byte[] {1}));
        run(
                "INSERT INTO audit_events (seq, id, at, actor_name, actor_role, actor_address, action, target, details, chain_id,"
                        + " number, hash)"
                        + " SELECT x, " + randomId() + ", " + at
                        + ", 'actor' || MOD(x, 1000), 'admin', 'socket', 'key.create', 'key/' || MOD(x, 1000), '{}', "
                        + tenant + ", x, 'h' FROM " + numbers(ROWS),
                params);
        run(
                "INSERT INTO usage_index (id, coding, data) SELECT x, 0, :data FROM " + numbers(ROWS),
                Params.of("data", new byte[] {1}));
        run("ANALYZE", Params.none());
    }

    @AfterAll
    void close() {
        database.close();
    }

    private void run(String text, Params params) {
        database.sql.update("filling", NamedSql.of(text), params);
    }

    private static RequestQuery query(@Nullable UUID tenant, @Nullable Instant from, @Nullable Instant to) {
        return new RequestQuery(tenant, Set.of(), from, to, null, null, null, null, null, null);
    }

    private String explained(NamedSql statement, Params params) {
        NamedSql explain = new NamedSql("EXPLAIN " + statement.text(), statement.names());
        return String.join("\n", database.sql.list("explaining", explain, params, row -> row.text(plan())))
                .toLowerCase(Locale.ROOT);
    }

    private void assertIndexed(NamedSql statement, Params params, String index) {
        assertThat(explained(statement, params))
                .as(statement.text())
                .contains(index)
                .doesNotContain("seq scan", "tablescan");
    }

    private Params page(RequestQuery query) {
        return new JdbcRequestSearch(database.sql, new JournalFormat())
                .params(query, NOW.plusSeconds(ROWS), Long.MAX_VALUE);
    }

    private void assertByIndex(RequestQuery query, String index) {
        assertIndexed(JdbcRequestSearch.page(query, false), page(query), index);
    }

    private void assertInOrder(RequestQuery query, String index) {
        assertByIndex(query, index);
        String plan = explained(JdbcRequestSearch.page(query, false), page(query));
        // H2 says that it need not sort, PostgreSQL that it does
        assertThat(plan.contains("index sorted") || !plan.contains("sort"))
                .as(plan)
                .isTrue();
    }

    @Test
    void aSearchForRequestsReadsSummariesInTheOrderOfTheirIndex() {
        assertInOrder(query(TENANT, null, null), "usage_summaries_tenant_idx");
        // few rows, which may be sorted
        assertByIndex(query(TENANT, NOW, NOW.plusSeconds(60)), "usage_summaries_");
        assertInOrder(query(null, null, null), "usage_summaries_time_idx");
        assertByIndex(query(null, NOW, NOW.plusSeconds(60)), "usage_summaries_time_idx");
    }

    @Test
    void aSearchByTheIndexReadsItsPartsAndTheNewestSummariesByTheirKeys() {
        assertIndexed(IndexedBlocks.TAIL, Params.of("from", ROWS - 5L), key("usage_summaries"));
        Params ids = Params.none();
        IndexedBlocks.PARTS.names().forEach(name -> ids.and(name, 7L));
        assertIndexed(IndexedBlocks.PARTS, ids, key("usage_index"));
    }

    @Test
    void bodiesAreFoundAndDeletedByTheirKey() {
        Params params = Params.of("tenant", TENANT)
                .and("request", new UUID(3, 3))
                .and("before", new UUID(4, 4))
                .and("max", 1000);
        assertIndexed(JdbcTranscriptStore.FIND, params, key("request_bodies"));
        assertIndexed(JdbcTranscriptStore.PURGE, params, key("request_bodies"));
    }

    /** What the index of a table's primary key is called in a plan. */
    abstract String key(String table);

    @Test
    void eventsOfAChainAreReadAndDeletedByTheirNumbers() {
        Params params = Params.of("chain", TENANT)
                .and("from", 10L)
                .and("last", 20L)
                .and("after", 10L)
                .and("max", 100)
                .and("number", 10L)
                .and("time", NOW.plusSeconds(ROWS - 5));
        assertIndexed(JdbcAuditChainStore.LINKS, params, "audit_events_chain_idx");
        assertIndexed(JdbcAuditStore.OLDEST, params, "audit_events_chain_idx");
        assertIndexed(JdbcAuditStore.DELETE, params, "audit_events_chain_idx");
        assertIndexed(JdbcAuditChainStore.SINCE, params, "audit_events_");
    }

    @Test
    void eventsOfAnActorOrAboutAnObjectAreFoundByTheirIndex() {
        AuditQuery actor = new AuditQuery(null, null, null, "actor7", null, null);
        AuditQuery target = new AuditQuery(null, null, null, null, null, "key/7");
        assertIndexed(JdbcAuditStore.page(actor), audited(actor), "audit_events_actor_idx");
        assertIndexed(JdbcAuditStore.page(target), audited(target), "audit_events_target_idx");
    }

    private static Params audited(AuditQuery query) {
        return JdbcAuditStore.params(query).and("position", Long.MAX_VALUE).and("rows", 100);
    }
}
