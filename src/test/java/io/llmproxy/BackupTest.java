package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.port.TableLayout;
import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Backups of the running appliance and the way back, by llmproxyctl. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackupTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    static Path directory;

    private FakeProvider upstream;
    private TestAppliance appliance;
    private Http http;
    private String secret;
    /** Opens in no time, unlike a passphrase, which the pages and the tests of files have. */
    private Path key;

    private int files;

    @BeforeAll
    void start() throws IOException {
        upstream = FakeProvider.start();
        appliance = TestAppliance.start();
        secret = appliance.tenantWithKey("acme", upstream.baseUrl());
        http = new Http(appliance.gateway(), secret);
        serve(3);
        key = directory.resolve("backup.key");
        assertThat(appliance.ctl("backup", "key", key.toString()).code()).isZero();
    }

    /** Sealed, with the master key in it. */
    private Path sealed() {
        return backup("--recipient-key", key + ".pub", "--include-master-key");
    }

    @AfterAll
    void stop() {
        appliance.close();
        upstream.close();
    }

    private void serve(int requests) {
        for (int i = 0; i < requests; i++) {
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
    }

    private Path fresh(String name) {
        return directory.resolve(name + files++);
    }

    private Path backup(String... options) {
        Path file = fresh("backup");
        List<String> line = new ArrayList<>(List.of("backup", "create", file.toString(), "-q"));
        line.addAll(List.of(options));
        assertThat(appliance.ctl(line.toArray(String[]::new)).value()).isEqualTo(file.toString());
        return file;
    }

    /** What is a state to whoever does not open it. */
    private Path state() throws IOException {
        Path data = fresh("data");
        Files.createDirectories(data.resolve("db"));
        Files.writeString(data.resolve("db/llmproxy.mv.db"), "what is there");
        return data;
    }

    private static TestAppliance.Ctl ctl(TestAppliance any, String... args) {
        return any.ctl(args);
    }

    private TestAppliance.Ctl restore(Path file, Path data, String... options) {
        List<String> line =
                new ArrayList<>(List.of("backup", "restore", file.toString(), "--data-dir", data.toString(), "--yes"));
        line.addAll(List.of(options));
        return ctl(appliance, line.toArray(String[]::new));
    }

    private static long requests(TestAppliance of) {
        return of.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                .value()
                .lines()
                .count();
    }

    private static void assertSound(TestAppliance restored) {
        assertThat(restored.ctl("ledger", "check", "-q").value()).isEqualTo("sound");
        assertThat(restored.ctl("audit", "verify").code()).isZero();
    }

    @Test
    void givesBackTheWholeStateOfARunningServer() throws IOException {
        serve(2);
        long before = requests(appliance);
        Path file = sealed();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");

        Path data = fresh("data");
        TestAppliance.Ctl done = restore(file, data, "--key-file", key.toString(), "-o", "json");
        JsonNode told = JSON.readTree(done.value());
        assertThat(told.path("ledger").asString()).isEqualTo("sound");
        assertThat(told.path("warnings").size()).isZero();

        try (TestAppliance restored = TestAppliance.builder().directory(data).start()) {
            assertThat(requests(restored)).isEqualTo(before);
            assertSound(restored);
            assertThat(new Http(restored.gateway(), secret).chat().statusCode()).isEqualTo(200);
            // numbers of events go on behind those that were restored
            assertThat(restored.ctl("tenant", "create", "later").code()).isZero();
            assertSound(restored);
        }
    }

    @Test
    void holdsEachRequestThatWasAnsweredBeforeItBegan() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        List<Thread> clients = Stream.generate(() -> Thread.ofVirtual().start(() -> {
                    while (!ended.get()) {
                        serve(1);
                        answered.incrementAndGet();
                    }
                }))
                .limit(4)
                .toList();
        long base = requests(appliance);
        Path file;
        int sure;
        int most;
        try {
            Eventually.holds("twenty requests are answered", () -> answered.get() >= 20);
            sure = answered.get();
            file = backup();
            most = answered.get() + clients.size();
        } finally {
            ended.set(true);
            for (Thread client : clients) {
                client.join();
            }
        }
        Path data = fresh("data");
        assertThat(restore(file, data).code()).isZero();
        Files.copy(appliance.directory().resolve("master.key"), data.resolve("master.key"));
        try (TestAppliance restored = TestAppliance.builder().directory(data).start()) {
            assertThat(requests(restored)).isBetween(Math.min(base, 3) + (long) sure, base + most);
            assertSound(restored);
        }
    }

    @Test
    void saysOfAKeyThatIsNotThereWhichOneItIs() {
        Path data = fresh("data");
        TestAppliance.Ctl done = restore(backup(), data);
        assertThat(done.code()).isZero();
        assertThat(done.err()).contains("sealed under the master key").contains("there is none here");
        assertThat(data.resolve("master.key")).doesNotExist();
    }

    @Test
    void leavesTheLedgerOutWhereThatIsAsked() throws IOException {
        Path file = backup("--without-ledger");
        Path data = fresh("data");
        assertThat(restore(file, data).code()).isZero();
        Files.copy(appliance.directory().resolve("master.key"), data.resolve("master.key"));
        try (TestAppliance restored = TestAppliance.builder().directory(data).start()) {
            assertThat(requests(restored)).isZero();
            assertThat(new Http(restored.gateway(), secret).chat().statusCode()).isEqualTo(200);
            assertThat(requests(restored)).isEqualTo(1);
            assertSound(restored);
        }
    }

    @Test
    void refusesWhileTheServerRunsAndOverAStateThatIsThere() throws IOException {
        Path file = backup();
        assertThat(restore(file, appliance.directory(), "--replace").code()).isEqualTo(3);

        Path data = state();
        TestAppliance.Ctl again = restore(file, data);
        assertThat(again.code()).isEqualTo(5);
        assertThat(again.err()).contains("--replace");

        TestAppliance.Ctl replaced = restore(file, data, "--replace", "-o", "json");
        Path aside = Path.of(JSON.readTree(replaced.value()).path("replaced").asString());
        assertThat(aside.resolve("db/llmproxy.mv.db")).exists();
        assertThat(data.resolve("restore-unfinished")).doesNotExist();
    }

    @Test
    void aRestoreThatWasCutOffLetsNoServerStart() throws Exception {
        Path data = fresh("data");
        Files.createDirectories(data);
        Files.writeString(data.resolve("restore-unfinished"), "");
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> TestAppliance.builder().directory(data).tryStart())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("cut off");
        assertThat(restore(backup(), data).code()).isZero();
        assertThat(data.resolve("restore-unfinished")).doesNotExist();
    }

    @Test
    void aBadFileTouchesNothing() throws IOException {
        Path file = backup();
        Path data = state();
        byte[] state = Files.readAllBytes(data.resolve("db/llmproxy.mv.db"));

        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        Path changed = Files.write(fresh("changed"), bytes);
        assertThat(restore(changed, data, "--replace").code()).isEqualTo(1);
        assertThat(restore(directory.resolve("none"), data, "--replace").err()).contains("there is no file");
        Path other = fresh("other");
        assertThat(appliance.ctl("backup", "key", other.toString()).code()).isZero();
        TestAppliance.Ctl refused = restore(sealed(), data, "--replace", "--key-file", other.toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("another key");

        assertThat(Files.readAllBytes(data.resolve("db/llmproxy.mv.db"))).isEqualTo(state);
        try (Stream<Path> left = Files.list(data)) {
            assertThat(left.map(f -> f.getFileName().toString()))
                    .allMatch(
                            n -> List.of("db", "llmproxy.lock", "place-1.lock").contains(n));
        }
    }

    @Test
    void refusesWhatCannotBeAsked() throws IOException {
        Path file = fresh("never");
        TestAppliance.Ctl unsealed = appliance.ctl("backup", "create", file.toString(), "--include-master-key");
        assertThat(unsealed.code()).isEqualTo(1);
        assertThat(unsealed.err()).contains("sealed backup alone");
        Path shortOne = Files.writeString(fresh("short"), "short");
        assertThat(appliance
                        .ctl("backup", "create", file.toString(), "--passphrase-file", shortOne.toString())
                        .err())
                .contains("12 characters");
        assertThat(appliance
                        .ctl("backup", "create", file.toString(), "--directory", "/tmp")
                        .code())
                .isEqualTo(2);
        assertThat(file).doesNotExist();
        Files.writeString(file, "mine");
        assertThat(appliance.ctl("backup", "create", file.toString()).code()).isEqualTo(5);

        Path nowhere = directory.resolve("not/there");
        TestAppliance.Ctl slip =
                appliance.ctl("backup", "create", nowhere.resolve("x.zip").toString());
        assertThat(slip.code()).isEqualTo(1);
        assertThat(slip.err()).contains("there is no directory " + nowhere);
        TestAppliance.Ctl made = appliance.ctl("backup", "create", "--directory", nowhere.toString(), "-q");
        assertThat(made.code()).as(made.err()).isZero();
        assertThat(Path.of(made.value())).exists().hasParent(nowhere);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(nowhere)))
                .isEqualTo("rwx------");
        assertThat(file).hasContent("mine");
    }

    @Test
    void sealsForAKeyThatTheServerCannotOpen() {
        Path file = sealed();
        assertThat(appliance.ctl("backup", "verify", file.toString()).err()).contains("--key-file");
        assertThat(appliance
                        .ctl("backup", "verify", file.toString(), "--key-file", key.toString(), "-q")
                        .value())
                .isEqualTo("whole");
    }

    @Test
    void isAudited() {
        backup();
        assertThat(appliance.ctl("audit", "list", "-o", "json").value()).contains("backup.create");
    }

    @Test
    void makesThemByTheClockAndKeepsAFew() throws IOException {
        Path backups = fresh("scheduled");
        try (TestAppliance scheduled = TestAppliance.builder()
                .set("backup.directory", backups.toString())
                .set("backup.every", "24h")
                .set("backup.keep", "2")
                .start()) {
            BackupDesk desk = scheduled.appliance().backups();
            for (int day = 0; day < 4; day++) {
                desk.round();
                desk.round();
                scheduled.clock().advance(Duration.ofHours(25));
            }
            JsonNode list = JSON.readTree(scheduled
                    .ctl("backup", "list", backups.toString(), "-o", "json")
                    .value());
            assertThat(list.size()).isEqualTo(2);
            assertThat(list.get(0).path("reason").asString()).isEqualTo("scheduled");
        }
    }

    /** A process of one tenant, on a database that another one's uses too. */
    @Test
    void makesNoneByTheClockOfWhatIsAnothers() {
        String url = PostgresServer.freshDatabase();
        Path backups = fresh("scheduled");
        try (TestAppliance shared = TestAppliance.builder()
                .set("database.url", url)
                .set("database.user", PostgresServer.USER)
                .start()) {
            assertThat(shared.ctl("tenant", "create", "acme").code()).isZero();
            assertThat(shared.ctl("tenant", "create", "beta").code()).isZero();
        }
        try (TestAppliance own = TestAppliance.builder()
                .set("database.url", url)
                .set("database.user", PostgresServer.USER)
                .set("tenant", "acme")
                .set("backup.directory", backups.toString())
                .set("backup.every", "24h")
                .start()) {
            BackupDesk desk = own.appliance().backups();
            desk.round();
            assertThat(desk.fault()).contains("holds other tenants than acme");
            assertThat(backups).doesNotExist();
        }
    }

    /** The service's user could not enter a directory that root made for itself, and would not start. */
    @Test
    void whatRootMakesInADataDirectoryIsItsOwners() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "root alone gives files away");
        Path data = fresh("data");
        assertThat(restore(backup(), data).code()).isZero();
        UserPrincipal service =
                data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
        for (Path file : Trees.files(data)) {
            Files.setOwner(file, service);
        }
        TestAppliance.Ctl made = ctl(
                appliance,
                "backup",
                "create",
                "--directory",
                data.resolve("backups").toString(),
                "--data-dir",
                data.toString(),
                "-q");
        assertThat(made.code()).as(made.err()).isZero();
        assertThat(Path.of(made.value())).hasParent(data.resolve("backups"));
        for (Path file : Trees.files(data.resolve("backups"))) {
            assertThat(Files.getOwner(file)).as(file.toString()).isEqualTo(service);
        }
    }

    @Test
    void aFullDiskLeavesNothingHalf() throws Exception {
        Path file = fresh("full");
        String said = fails(
                "ulimit -f 4",
                "--socket",
                appliance.appliance().socket().toString(),
                "backup",
                "create",
                file.toString());
        assertThat(said).contains("nothing of it is left").contains("File too large");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.map(f -> f.getFileName().toString())).noneMatch(n -> n.contains("full"));
        }
        // the server goes on
        serve(1);
    }

    /** What llmproxyctl says in a process that cannot write much; its exit code is 1. */
    private static String fails(String limit, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                limit + "; exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                "io.llmproxy.Main",
                "ctl"));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(1);
        return said;
    }

    @Test
    void aFullDiskDuringARestoreLeavesWhatIsThere() throws Exception {
        Path file = backup();
        Path data = state();
        // less than an empty database has
        String said = fails(
                "ulimit -f 32",
                "backup",
                "restore",
                file.toString(),
                "--data-dir",
                data.toString(),
                "--replace",
                "--yes");
        assertThat(said).isNotBlank().doesNotContain("restored");
        assertThat(data.resolve("db/llmproxy.mv.db")).hasContent("what is there");
        assertThat(StateSwap.marker(data)).doesNotExist();
        assertThat(data.resolve(StateSwap.STAGING)).doesNotExist();
    }

    @Test
    void restoresIntoPostgresql() throws Exception {
        Path file = sealed();
        String url = PostgresServer.freshDatabase();
        Path data = fresh("data");
        String[] options = {"--key-file", key.toString(), "--database-url", url, "--database-user", PostgresServer.USER
        };
        assertThat(restore(file, data, options).value()).contains("restored");
        assertThat(restore(file, data, options).code()).isEqualTo(5);
        long before = requests(appliance);
        try (TestAppliance restored = TestAppliance.builder()
                .directory(data)
                .set("database.url", url)
                .set("database.user", PostgresServer.USER)
                .start()) {
            assertThat(requests(restored)).isGreaterThan(2).isLessThanOrEqualTo(before);
            assertSound(restored);
            assertThat(new Http(restored.gateway(), secret).chat().statusCode()).isEqualTo(200);
            List<String> line = new ArrayList<>(List.of(options));
            line.add("--replace");
            TestAppliance.Ctl running = restore(file, fresh("other"), line.toArray(String[]::new));
            assertThat(running.code()).isEqualTo(3);
            Path again = fresh("backup");
            assertThat(restored.ctl("backup", "create", again.toString()).code())
                    .isZero();
        }
        // as one leaves it that was killed before its tables changed places with those that were there
        try (Connection connection = DriverManager.getConnection(url, PostgresServer.USER, "");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA llmproxy_restoring");
            statement.execute("CREATE TABLE llmproxy_restoring.tenants (id UUID)");
        }
        List<String> line = new ArrayList<>(List.of(options));
        line.add("--replace");
        assertThat(restore(file, data, line.toArray(String[]::new)).value()).contains("schema llmproxy_replaced_");
        try (Connection connection = DriverManager.getConnection(url, PostgresServer.USER, "");
                Statement statement = connection.createStatement();
                ResultSet schemas = statement.executeQuery(
                        "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'llmproxy%'")) {
            assertThat(schemas.next()).isTrue();
            assertThat(schemas.getString(1)).startsWith("llmproxy_replaced_");
            assertThat(schemas.next()).as("nothing is left beside it").isFalse();
        }
    }

    private Path written(String schema, BackupFile.Content content) {
        BackupManifest.Origin origin = new BackupManifest.Origin(
                Instant.parse("2026-02-03T04:05:06Z"),
                "llmproxy 9.9.9",
                schema,
                "h2",
                "*",
                "manual",
                null,
                false,
                true);
        Path file = fresh("written");
        NewFile.write(file, out -> BackupFile.write(out, null, origin, content));
        return file;
    }

    @Test
    void refusesWhatANewerProgramWroteAndNamesIt() throws IOException {
        Path data = state();
        byte[] state = Files.readAllBytes(data.resolve("db/llmproxy.mv.db"));
        Path file = written("9999", writer -> {});
        for (TestAppliance.Ctl refused :
                List.of(restore(file, data, "--replace"), appliance.ctl("backup", "verify", file.toString()))) {
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("schema version 9999, of llmproxy 9.9.9")
                    .contains("up to " + SchemaState.newest())
                    .contains("use that one, or a newer");
        }
        assertThat(Files.readAllBytes(data.resolve("db/llmproxy.mv.db"))).isEqualTo(state);
        TestAppliance.Ctl odd = restore(written("x", writer -> {}), data, "--replace");
        assertThat(odd.code()).isEqualTo(1);
        assertThat(odd.err()).contains("schema version x");
    }

    /** A backup that is whole, and whose rows this schema does not take, changes nothing. */
    @Test
    void whatCannotBeFilledInLeavesTheStateThatIsThere() throws IOException {
        Path data = state();
        byte[] state = Files.readAllBytes(data.resolve("db/llmproxy.mv.db"));
        TableLayout unknown = new TableLayout("tenants", List.of(new TableLayout.Column("odd", TableLayout.Kind.TEXT)));
        Path file = written(SchemaState.newest(), writer -> {
            writer.begin(unknown);
            writer.row(List.of("x"));
            writer.end();
        });
        Path elsewhere = written(
                SchemaState.newest(), writer -> writer.file("../outside", new ByteArrayInputStream(new byte[] {1})));
        assertThat(restore(file, data, "--replace").err()).contains("does not have the columns");
        assertThat(restore(elsewhere, data, "--replace").err()).contains("does not belong there");
        assertThat(Files.readAllBytes(data.resolve("db/llmproxy.mv.db"))).isEqualTo(state);
        assertThat(data.resolve(StateSwap.STAGING)).doesNotExist();
        assertThat(directory.resolve("outside")).doesNotExist();
    }
}
