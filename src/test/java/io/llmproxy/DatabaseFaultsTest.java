package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.util.PSQLState;
import tools.jackson.databind.json.JsonMapper;

/**
 * What may befall PostgreSQL while requests run: they go on, administration says what is wrong in bounded time, and afterwards
 * the ledger has every request, once.
 */
@Timeout(300)
class DatabaseFaultsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final List<String> served = new ArrayList<>();
    private FakeProvider upstream;
    private String database;
    private Connection operator;
    private TcpGate gate;
    private TestAppliance appliance;
    private Http http;

    /** What happens to the database. */
    private interface Step {
        void run() throws Exception;
    }

    @BeforeEach
    void setUp() throws Exception {
        upstream = FakeProvider.start();
        database = PostgresServer.freshDatabase();
        operator = DriverManager.getConnection(database, PostgresServer.USER, "");
        URI address = URI.create(database.substring("jdbc:".length()));
        gate = new TcpGate(address.getPort());
        appliance = TestAppliance.builder()
                .set(
                        "database.url",
                        "jdbc:postgresql://127.0.0.1:" + gate.port() + address.getPath()
                                + "?socketTimeout=3&connectTimeout=2")
                .set("database.user", PostgresServer.USER)
                .start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterEach
    void tearDown() throws Exception {
        http.close();
        appliance.close();
        gate.close();
        operator.close();
        upstream.close();
    }

    @Test
    void awayAndBack() throws Exception {
        endures("the database does not answer", gate::shut, gate::open);
    }

    @Test
    void silentAndBack() throws Exception {
        endures("the database does not answer", gate::stall, gate::flow);
    }

    /** As a statement that takes half a minute: everything waits for a lock of somebody else. */
    @Test
    void slowAndQuickAgain() throws Exception {
        operator.setAutoCommit(false);
        endures("the database does not answer", this::lockAllTables, operator::rollback);
    }

    /** One after the other: the server's own transactions may be in the way of some and behind others, which is a deadlock. */
    private void lockAllTables() throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                execute("DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname ="
                        + " 'public' LOOP EXECUTE 'LOCK TABLE ' || quote_ident(t) || ' IN ACCESS EXCLUSIVE MODE'; END"
                        + " LOOP; END $$");
                return;
            } catch (SQLException e) {
                operator.rollback();
                if (attempt == 20 || !PSQLState.DEADLOCK_DETECTED.getState().equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    @Test
    void readOnlyAndWritableAgain() throws Exception {
        String name = database.substring(database.lastIndexOf('/') + 1);
        endures(
                "the database is read-only",
                () -> {
                    execute("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
                    killConnections();
                },
                () -> {
                    execute("SET default_transaction_read_only = off");
                    execute("ALTER DATABASE " + name + " RESET default_transaction_read_only");
                    killConnections();
                });
    }

    @Test
    void connectionsThatAreKilledAgainAndAgainCostNothing() throws Exception {
        for (int i = 0; i < 20; i++) {
            serve(5);
            killConnections();
        }
        until(() -> problems().isEmpty());
        until(this::changes);
        assertAllInTheLedgerOnce();
    }

    private void endures(String error, Step fault, Step end) throws Exception {
        serve(20);
        fault.run();
        serve(20);
        // the connections of the pool that were killed have been found by then
        until(() -> problems().contains(StatusBoard.LEDGER));
        assertThat(metrics()).contains("llmproxy_problems{kind=\"ledger\"} 1");
        // a change may meet one more connection that died
        until(() -> refusal().contains(error));
        assertThat(appliance.ctl("health").code()).as("requests are served").isZero();
        serve(20);
        end.run();
        until(() -> problems().isEmpty());
        until(this::changes);
        assertAllInTheLedgerOnce();
    }

    private String metrics() throws Exception {
        URI metrics = URI.create(appliance.appliance().adminUrl() + "/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    /** What a change is refused with, which takes a bounded time. */
    private String refusal() {
        long begun = System.nanoTime();
        TestAppliance.Ctl refused = appliance.ctl("-t", "acme", "key", "create", "during");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(60));
        assertThat(refused.code()).isEqualTo(1);
        return refused.err();
    }

    /** Whether a change is done; one that met a connection which died says that nothing was changed. */
    private boolean changes() {
        TestAppliance.Ctl ctl = appliance.ctl("-t", "acme", "key", "create", "after");
        assertThat(ctl.err()).matches(err -> ctl.code() == 0 || err.contains("nothing was changed. Try again"));
        return ctl.code() == 0;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = operator.createStatement()) {
            statement.execute(sql);
        }
    }

    private void killConnections() throws SQLException {
        execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <>"
                + " pg_backend_pid()");
    }

    private void serve(int requests) {
        for (int i = 0; i < requests; i++) {
            HttpResponse<String> answer = http.chat();
            assertThat(answer.statusCode()).isEqualTo(200);
            served.add(answer.headers().firstValue("x-request-id").orElseThrow());
        }
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        JSON.readTree(appliance.ctl("status", "-o", "json").value())
                .get("problems")
                .forEach(problem -> problems.add(problem.asString()));
        return problems;
    }

    private void assertAllInTheLedgerOnce() {
        until(() -> ledger().size() >= served.size());
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

    /** A minute at most. */
    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited a minute").isLessThan(end);
        }
    }
}
