package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/**
 * A PostgreSQL whose statements take long and succeed: nobody waits for them but the one who writes the ledger, nothing is
 * reported, and afterwards the ledger has every request, once. Statements that fail are in {@link DatabaseFaultsTest}.
 */
@Timeout(300)
class SlowDatabaseTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private final List<String> served = new ArrayList<>();
    private FakeProvider upstream;
    private Connection operator;
    private Connection watcher;
    private TestAppliance appliance;
    private Http http;

    @BeforeEach
    void setUp() throws SQLException {
        upstream = FakeProvider.start();
        String database = PostgresServer.freshDatabase();
        operator = DriverManager.getConnection(database, PostgresServer.USER, "");
        watcher = DriverManager.getConnection(database, PostgresServer.USER, "");
        appliance = TestAppliance.builder()
                .set("database.url", database)
                .set("database.user", PostgresServer.USER)
                .start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterEach
    void tearDown() throws SQLException {
        http.close();
        appliance.close();
        operator.close();
        watcher.close();
        upstream.close();
    }

    @Test
    void aStatementOfFiveSecondsKeepsNoRequestWaitingAndLosesNone() throws Exception {
        aSlowStatement(Duration.ofSeconds(5));
    }

    @Test
    @Tag("proof")
    void norDoesAStatementOfHalfAMinute() throws Exception {
        aSlowStatement(Duration.ofSeconds(30));
    }

    /** The first that writes the ledger from now on, by a trigger. */
    private void aSlowStatement(Duration duration) throws Exception {
        execute("CREATE SEQUENCE written");
        execute("CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('written') = 1 THEN"
                + " PERFORM pg_sleep(" + duration.toSeconds() + "); END IF; RETURN NULL; END $$");
        endures(
                duration,
                () -> execute("CREATE TRIGGER dawdles BEFORE INSERT ON usage_blocks FOR EACH STATEMENT EXECUTE FUNCTION"
                        + " dawdle()"),
                "wait_event = 'PgSleep'",
                () -> {});
    }

    @Test
    void aLockOfFiveSecondsKeepsNoRequestWaitingAndLosesNone() throws Exception {
        operator.setAutoCommit(false);
        endures(
                Duration.ofSeconds(5),
                () -> execute("LOCK TABLE usage_head, usage_blocks, usage_positions, usage_rollups IN ACCESS EXCLUSIVE"
                        + " MODE"),
                "wait_event_type = 'Lock'",
                () -> operator.rollback());
    }

    /** What happens to the database. */
    private interface Step {
        void run() throws Exception;
    }

    /** @param waits tells the statements of the server that are slow, of those that {@code pg_stat_activity} shows */
    private void endures(Duration slow, Step begin, String waits, Step end) throws Exception {
        List<Duration> usual = serve(200);
        assertAllInTheLedgerOnce();
        long since = System.nanoTime();
        begin.run();
        List<Duration> meanwhile = serve(1);
        Eventually.holds("the ledger is written slowly", () -> waiting(waits));
        while (waiting(waits) && elapsed(since).compareTo(slow) < 0) {
            meanwhile.addAll(serve(10));
        }
        assertThat(metrics()).contains("llmproxy_problems{kind=\"ledger\"} 0");
        end.run();
        assertThat(elapsed(since)).as("it was slow").isGreaterThanOrEqualTo(slow);
        assertThat(meanwhile).hasSizeGreaterThan(20);
        assertThat(Collections.max(meanwhile)).as("none waited for it").isLessThan(slow.dividedBy(2));
        assertThat(median(meanwhile)).isLessThan(median(usual).multipliedBy(5).plusMillis(5));
        assertAllInTheLedgerOnce();
        assertThat(problems()).isEqualTo("[]");
        assertThat(appliance.ctl("ledger", "check", "-q").value()).isEqualTo("sound");
    }

    private static Duration elapsed(long since) {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    private String metrics() throws Exception {
        URI metrics = URI.create(appliance.appliance().adminUrl() + "/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    private static Duration median(List<Duration> durations) {
        return durations.stream().sorted().toList().get(durations.size() / 2);
    }

    private List<Duration> serve(int requests) {
        List<Duration> taken = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            long begun = System.nanoTime();
            HttpResponse<String> answer = http.chat();
            taken.add(Duration.ofNanos(System.nanoTime() - begun));
            assertThat(answer.statusCode()).isEqualTo(200);
            served.add(answer.headers().firstValue("x-request-id").orElseThrow());
        }
        return taken;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = operator.createStatement()) {
            statement.execute(sql);
        }
    }

    private boolean waiting(String which) {
        try (Statement statement = watcher.createStatement();
                ResultSet found = statement.executeQuery(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
                                + " AND pid <> pg_backend_pid() AND " + which)) {
            found.next();
            return found.getInt(1) > 0;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private String problems() {
        return JSON.readTree(appliance.ctl("status", "-o", "json").value())
                .get("problems")
                .toString();
    }

    private void assertAllInTheLedgerOnce() throws InterruptedException {
        Eventually.holds("all are in the ledger", () -> ledger().size() >= served.size());
        assertThat(ledger()).containsExactlyInAnyOrderElementsOf(served);
    }

    private List<String> ledger() {
        return appliance
                .ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                .value()
                .lines()
                .map(line -> JSON.readTree(line).get("requestId").asString())
                .toList();
    }
}
