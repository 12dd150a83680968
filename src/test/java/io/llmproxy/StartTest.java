package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.Quickest;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which a start can go wrong ends with the contract's exit code and a message that says what to do. */
class StartTest {
    @TempDir
    Path directory;

    @Test
    void aSecondProcessOnTheSameDataDirectoryIsRefused() {
        try (TestAppliance _ = TestAppliance.builder().directory(directory).start()) {
            refused(
                    StartException.TAKEN,
                    () -> TestAppliance.builder().directory(directory).tryStart(),
                    "in use by another process");
        }
        try (TestAppliance again = TestAppliance.builder().directory(directory).start()) {
            assertThat(again.ctl("status").code()).isZero();
        }
    }

    @Test
    void aProviderWhoseCredentialIsMissingIsAWarningInTheLog() {
        try (TestAppliance first = TestAppliance.builder().directory(directory).start()) {
            first.ctl("tenant", "create", "acme").value();
            first.ctl("-t", "acme", "provider", "create", "up", "--type", "openai", "--api-key-env", "ABSENT")
                    .value();
        }
        List<String> warnings = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger(Appliance.class.getName());
        Handler recorder = recorder(warnings);
        logger.addHandler(recorder);
        try (TestAppliance _ = TestAppliance.builder()
                .directory(directory)
                .set("log.level", "warn")
                .start()) {
            assertThat(warnings)
                    .singleElement()
                    .asString()
                    .contains("provider `up` of tenant acme cannot be called")
                    .contains("env:ABSENT");
        } finally {
            logger.removeHandler(recorder);
        }
    }

    private static Handler recorder(List<String> messages) {
        return new Handler() {
            @Override
            public void publish(LogRecord record) {
                messages.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    @Test
    void aTakenGatewayPortIsRefusedAndLeavesNothingBehind() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(
                    StartException.TAKEN,
                    () -> TestAppliance.builder()
                            .directory(directory)
                            .set("gateway.listen", "127.0.0.1:" + other.getLocalPort())
                            .tryStart(),
                    "127.0.0.1:" + other.getLocalPort());
        }
        TestAppliance.builder().directory(directory).start().close();
    }

    @Test
    void aTakenAdminPortIsRefused() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(
                    StartException.TAKEN,
                    () -> TestAppliance.builder()
                            .directory(directory)
                            .set("admin.listen", "127.0.0.1:" + other.getLocalPort())
                            .tryStart(),
                    "127.0.0.1:" + other.getLocalPort());
        }
    }

    @Test
    void theSocketOfADeadProcessIsTakenOver() throws IOException {
        Path socket = directory.resolve("admin.sock");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        try (TestAppliance appliance =
                TestAppliance.builder().directory(directory).start()) {
            assertThat(appliance.ctl("status").code()).isZero();
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void theSocketOfALivingProcessIsRefused(@TempDir Path other) {
        try (TestAppliance living = TestAppliance.builder().directory(directory).start()) {
            refused(
                    StartException.TAKEN,
                    () -> TestAppliance.builder()
                            .directory(other)
                            .set("admin.socket", living.appliance().socket().toString())
                            .tryStart(),
                    "admin.sock");
            assertThat(living.ctl("status").code()).isZero();
        }
    }

    @Test
    void aDatabaseThatIsAwayIsToldWithExitOne() throws IOException {
        int free;
        try (ServerSocket probe = new ServerSocket(0)) {
            free = probe.getLocalPort();
        }
        refused(
                StartException.FAILURE,
                () -> TestAppliance.builder()
                        .directory(directory)
                        .set("database.url", "jdbc:postgresql://127.0.0.1:" + free + "/none")
                        .set("database.user", "nobody")
                        .tryStart(),
                "127.0.0.1:" + free);
    }

    @Test
    void aSchemaNewerThanTheProgramIsRefusedAndNotTouched() throws Exception {
        String url = PostgresServer.freshDatabase();
        onPostgres(url).start().close();
        try (Connection c = java.sql.DriverManager.getConnection(url, PostgresServer.USER, "");
                Statement s = c.createStatement()) {
            s.execute("insert into flyway_schema_history (installed_rank, version, description, type, script, checksum,"
                    + " installed_by, execution_time, success) values (999, '999', 'of the future', 'SQL',"
                    + " 'V999__of_the_future.sql', 1, 'x', 1, true)");
        }
        refused(StartException.USAGE, () -> onPostgres(url).tryStart(), "newer");
    }

    @Test
    void sealedValuesWithoutTheirMasterKeyAreExitTwoNamingTheKey() throws IOException {
        try (TestAppliance appliance =
                TestAppliance.builder().directory(directory).start()) {
            appliance.tenantWithKey("acme", URI.create("http://127.0.0.1:9/v1"));
        }
        Files.delete(directory.resolve("master.key"));
        refused(
                StartException.USAGE,
                () -> TestAppliance.builder().directory(directory).tryStart(),
                "master key");
        assertThat(directory.resolve("master.key")).doesNotExist();
    }

    @Test
    void anUnknownKeyIsExitTwoWithItsNameAndLine() throws IOException {
        Path file = Files.writeString(directory.resolve("x.yaml"), "gateway:\n  lissten: 127.0.0.1:1\n");
        Run run = run("serve", "--config", file.toString(), "--data-dir", directory.toString());
        assertThat(run.code).isEqualTo(StartException.USAGE);
        assertThat(run.err).contains(file + ":2: gateway.lissten").contains("gateway.listen");
        assertThat(run("check-config", file.toString()).code).isEqualTo(StartException.USAGE);
        Path good = Files.writeString(directory.resolve("y.yaml"), "tenant: acme\n");
        assertThat(run("check-config", good.toString()).code).isZero();
    }

    @Test
    void wrongUsageIsExitTwoAndNothingAtAllIsTheHelp() {
        assertThat(run("serv").code).isEqualTo(StartException.USAGE);
        assertThat(run("serv").err).contains("serve");
        assertThat(run("serve", "--nonsense").code).isEqualTo(StartException.USAGE);
        assertThat(run().out).contains("demo").contains("serve");
        assertThat(run("version").out).startsWith("llmproxy ");
    }

    @Test
    void aDirectoryThatCannotBeMadeIsToldWithExitOne() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        refused(
                StartException.FAILURE,
                () -> TestAppliance.builder().directory(file.resolve("below")).tryStart(),
                "--data-dir");
    }

    @Test
    void twoProcessesOnOnePostgresqlSeeEachOthersChanges(@TempDir Path other) throws Exception {
        String url = PostgresServer.freshDatabase();
        try (TestAppliance first = onPostgres(url).start();
                TestAppliance second = TestAppliance.builder()
                        .directory(other)
                        .set("database.url", url)
                        .set("database.user", PostgresServer.USER)
                        .start()) {
            // both processes have a master key of their own here; the second one is not asked to open the first one's
            // values
            first.ctl("tenant", "create", "acme").value();
            first.ctl("-t", "acme", "provider", "create", "sim", "--type", "simulated")
                    .value();
            Quickest.within(Duration.ofSeconds(2), () -> knownAfter(first, second, true));
            Quickest.within(Duration.ofSeconds(2), () -> knownAfter(first, second, false));
        }
    }

    /** How long the second takes to know a new key of the first, or that it is revoked. */
    private static Duration knownAfter(TestAppliance first, TestAppliance second, boolean made) {
        String name = "k" + System.nanoTime();
        String key = first.ctl("-t", "acme", "key", "create", name, "-q").value();
        try (Http http = new Http(second.gateway(), key)) {
            Duration created = until(() -> http.get("/v1/models").statusCode() == 200);
            first.ctl("-t", "acme", "key", "revoke", name, "--yes").value();
            Duration revoked = until(() -> http.get("/v1/models").statusCode() == 401);
            return made ? created : revoked;
        }
    }

    @Test
    void aDatabaseThatGoesAwayLeavesRequestsServedAndLosesNoRecord() throws Exception {
        URI address = URI.create(PostgresServer.freshDatabase().substring("jdbc:".length()));
        try (TcpGate gate = new TcpGate(address.getPort())) {
            String url = "jdbc:postgresql://127.0.0.1:" + gate.port() + address.getPath() + "?connectTimeout=2";
            try (TestAppliance appliance = onPostgres(url).start()) {
                appliance.ctl("tenant", "create", "acme").value();
                appliance
                        .ctl("-t", "acme", "provider", "create", "sim", "--type", "simulated")
                        .value();
                String key = appliance
                        .ctl("-t", "acme", "key", "create", "dev", "-q")
                        .value();
                try (Http http = new Http(appliance.gateway(), key)) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                    gate.shut();
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                    assertThat(appliance
                                    .ctl("-t", "acme", "key", "create", "more")
                                    .code())
                            .isEqualTo(1);
                    until(() -> appliance.ctl("status").out().contains("journal"));
                }
            }
            gate.open();
            try (TestAppliance again = onPostgres(url).start()) {
                assertThat(again.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                                .value()
                                .lines())
                        .hasSize(2);
            }
        }
    }

    private TestAppliance.Builder onPostgres(String url) {
        return TestAppliance.builder()
                .directory(directory)
                .set("database.url", url)
                .set("database.user", PostgresServer.USER);
    }

    /** Waits for it, a minute at most. */
    private static Duration until(java.util.function.BooleanSupplier condition) {
        long begin = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMinutes(1));
        }
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static void refused(int code, ThrowingCallable start, String message) {
        assertThatThrownBy(start)
                .isInstanceOfSatisfying(
                        StartException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    private record Run(int code, String out, String err) {}

    private static Run run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                args,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
