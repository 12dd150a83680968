package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.StoreException;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TcpGate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class PostgresDatabaseTest extends DatabaseContract {
    private final String url = PostgresServer.freshDatabase();

    @Override
    Database open() {
        return open(url);
    }

    private static Database open(String url) {
        return Database.open(url, Path.of("unused"), PostgresServer.USER, null, 2);
    }

    @Override
    DataSource source() {
        return Sources.postgresql(url, PostgresServer.USER, null);
    }

    @Test
    void severalProcessesMayMigrateOneDatabaseAtOnce() throws Exception {
        for (int round = 0; round < 3; round++) {
            String empty = PostgresServer.freshDatabase();
            List<Callable<Long>> starts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                starts.add(() -> {
                    try (Database database = open(empty)) {
                        return database.state().revision();
                    }
                });
            }
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                for (Future<Long> start : threads.invokeAll(starts)) {
                    assertThat(start.get()).isZero();
                }
            }
        }
    }

    @Test
    void twoProcessesMayHaveItOpenAndSeeEachOthersChanges() {
        try (Database one = open();
                Database two = open()) {
            Tenant tenant = Samples.tenant(unique("both"));
            one.transactor().inTransaction(() -> {
                one.tenants().insert(tenant);
                one.state().changed();
                return true;
            });
            assertThat(two.state().revision()).isEqualTo(1);
            assertThat(two.state().load(null).tenants()).containsExactly(tenant);
        }
    }

    @Test
    void aDatabaseThatDoesNotListenIsToldAtOnceWithoutThePassword() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        long began = System.nanoTime();
        assertThatThrownBy(() -> Database.open(
                        "jdbc:postgresql://127.0.0.1:" + port + "/x?password=hunter2",
                        Path.of("unused"),
                        "me",
                        new Secret("hunter3"),
                        2))
                .isInstanceOfSatisfying(
                        DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.AWAY))
                .hasMessageContaining("127.0.0.1:" + port)
                .satisfies(e -> assertThat(e.toString() + e.getCause()).doesNotContain("hunter"));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    }

    /** A change of a large table is one statement, and no reason to break the connection. */
    @Test
    void changesOfTheSchemaAreWaitedForAndOtherStatementsNotForEver() throws SQLException {
        DataSource patient = Sources.patient(url, PostgresServer.USER, null, Sources.APPLICATION);
        try (Connection changing = patient.getConnection();
                Connection other = source().getConnection()) {
            assertThat(changing.getNetworkTimeout()).isZero();
            assertThat(other.getNetworkTimeout()).isEqualTo(60_000);
        }
        DataSource never = Sources.patient("jdbc:postgresql://127.0.0.1:1/none", PostgresServer.USER, null, "none");
        Migrations migrations = new Migrations(source(), never, "llmproxy test");
        assertThatThrownBy(() -> migrations.run(state -> {}))
                .as("the changes are made by the patient one")
                .isInstanceOf(DatabaseException.class);
        open().close();
        assertThat(migrations.run(state -> {})).isFalse();
    }

    @Test
    void aUrlOfAnotherKindIsRefused() {
        for (String wrong : new String[] {"jdbc:mysql://h/x?password=hunter2", "postgresql://h/x", "jdbc:h2:mem:x"}) {
            assertThatThrownBy(() -> open(wrong))
                    .isInstanceOfSatisfying(
                            DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.SETTINGS))
                    .hasMessageContaining("database.url")
                    .hasMessageNotContaining("hunter2");
        }
    }

    @Test
    void aDatabaseThatGoesAwayIsToldWithinSecondsAndUsedAgainWhenItIsBack() throws Exception {
        URI address = URI.create(url.substring("jdbc:".length()));
        try (TcpGate gate = new TcpGate(address.getPort());
                Database database =
                        open("jdbc:postgresql://127.0.0.1:" + gate.port() + address.getPath() + "?connectTimeout=2")) {
            Tenant tenant = Samples.tenant(unique("before"));
            database.tenants().insert(tenant);
            gate.shut();
            long began = System.nanoTime();
            assertThatThrownBy(() -> database.state().revision())
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("reading the revision")
                    .hasMessageContaining("does not answer");
            assertThatThrownBy(() -> database.tenants().insert(Samples.tenant(unique("during"))))
                    .isInstanceOf(StoreException.class)
                    .isNotInstanceOf(StoreException.Duplicate.class);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
            gate.open();
            assertThat(database.tenants().find(tenant.slug())).contains(tenant);
        }
    }
}
