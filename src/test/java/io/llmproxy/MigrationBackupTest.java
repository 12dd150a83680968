package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableLayout.Kind;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The way back of an upgrade: the backup that the first start of a newer version makes. */
class MigrationBackupTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    Path directory;

    /** As a program of some time ago left it. */
    private static void old(Path data) {
        TableLayout tenants = new TableLayout(
                "tenants",
                List.of(
                        new Column("id", Kind.ID),
                        new Column("slug", Kind.TEXT),
                        new Column("name", Kind.TEXT),
                        new Column("status", Kind.TEXT),
                        new Column("allowed_providers", Kind.TEXT),
                        new Column("allowed_models", Kind.TEXT),
                        new Column("created_at", Kind.TIME),
                        new Column("updated_at", Kind.TIME)));
        Instant then = Instant.parse("2026-01-02T03:04:05Z");
        try (ClosedDatabase database = ClosedDatabase.embedded(data.resolve("db"))) {
            database.migrate("12", Upgrade.by("llmproxy 0.0.9"));
            database.fill(sink -> {
                sink.begin(tenants);
                sink.row(List.of(
                        UUID.fromString("00000000-0000-7000-8000-000000000001"),
                        "acme",
                        "Acme",
                        "ACTIVE",
                        "[]",
                        "[]",
                        then,
                        then));
                sink.end();
            });
        }
    }

    /** What a later program than this one would leave. */
    private static void written(Path data, String version) throws SQLException {
        String url = "jdbc:h2:async:" + data.resolve("db/llmproxy") + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO \"flyway_schema_history\" (\"installed_rank\", \"version\", \"description\","
                    + " \"type\", \"script\", \"checksum\", \"installed_by\", \"execution_time\", \"success\") VALUES"
                    + " (9999, '" + version + "', 'later', 'SQL', 'V" + version + "__later.sql', 1, 'llmproxy 9.9.9',"
                    + " 1, TRUE)");
        }
    }

    private static Path beforeMigration(Path data) throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("backups"))) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            assertThat(all.getFirst().getFileName().toString()).contains("before-migration-of-v12");
            return all.getFirst();
        }
    }

    private static JsonNode json(TestAppliance any, String... args) {
        return JSON.readTree(any.ctl(args).value());
    }

    @Test
    void isMadeByTheFirstStartNamedToTheOlderProgramAndRestored() throws Exception {
        Path data = directory.resolve("data");
        String place = data.toString();
        old(data);
        try (TestAppliance upgraded = TestAppliance.builder().directory(data).start()) {
            assertThat(upgraded.ctl("tenant", "list", "-o", "name").value()).isEqualTo("acme");
            assertThat(upgraded.ctl("tenant", "create", "later").code()).isZero();
        }
        Path file = beforeMigration(data);

        // this program is the older one now
        written(data, "9999");
        assertThatThrownBy(() -> TestAppliance.builder().directory(data).tryStart())
                .isInstanceOf(StartException.class)
                .satisfies(e -> assertThat(((StartException) e).exitCode()).isEqualTo(StartException.USAGE))
                .hasMessageContaining("schema version 9999, of llmproxy 9.9.9")
                .hasMessageContaining(file.toString())
                .hasMessageContaining("--replace");

        try (TestAppliance any = TestAppliance.start()) {
            assertThat(json(any, "db", "status", "--data-dir", place, "-o", "json")
                            .path("state")
                            .asString())
                    .isEqualTo("newer");
            JsonNode restored = json(
                    any, "backup", "restore", file.toString(), "--data-dir", place, "--replace", "--yes", "-o", "json");
            assertThat(Path.of(restored.path("replaced").asString()).resolve("db/llmproxy.mv.db"))
                    .exists();
            JsonNode status = json(any, "db", "status", "--data-dir", place, "-o", "json");
            assertThat(status.path("schema").asString()).isEqualTo("12");
            assertThat(status.path("state").asString()).isEqualTo("pending");
        }
        try (TestAppliance again = TestAppliance.builder().directory(data).start()) {
            assertThat(again.ctl("tenant", "list", "-o", "name").value())
                    .as("what was before the upgrade")
                    .isEqualTo("acme");
            assertThat(again.ctl("audit", "verify").code()).isZero();
        }
        try (ClosedDatabase database = ClosedDatabase.embedded(data.resolve("db"))) {
            assertThat(database.schema().version()).isEqualTo(SchemaState.newest());
        }
    }

    /** H2 keeps what the first statements made, and no history row tells of it: the next try copies that state. */
    @Test
    void canBeRestoredThoughAnEarlierTryWasCutOff() throws Exception {
        Path data = directory.resolve("data");
        old(data);
        SchemaState.Step next;
        try (ClosedDatabase database = ClosedDatabase.embedded(data.resolve("db"))) {
            next = database.schema().pending().getFirst();
        }
        String url = "jdbc:h2:async:" + data.resolve("db/llmproxy") + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute(next.statements().getFirst());
        }
        try (TestAppliance upgraded = TestAppliance.builder().directory(data).start()) {
            Path file = beforeMigration(data);
            Path restored = directory.resolve("restored");
            TestAppliance.Ctl done = upgraded.ctl(
                    "backup", "restore", file.toString(), "--data-dir", restored.toString(), "--yes", "-o", "json");
            assertThat(done.code()).as(done.err()).isZero();
            assertThat(JSON.readTree(done.value()).path("schema").asString()).isEqualTo("12");
        }
    }

    private static List<Path> backups(Path data) throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("backups"))) {
            return files.sorted().toList();
        }
    }

    private static void execute(Path data, String sql) throws SQLException {
        String url = "jdbc:h2:async:" + data.resolve("db/llmproxy") + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private TestAppliance.Builder starting(Path data, String... settings) {
        TestAppliance.Builder builder = TestAppliance.builder().directory(data).set("backup.before-migration", "1");
        for (int i = 0; i < settings.length; i += 2) {
            builder.set(settings[i], settings[i + 1]);
        }
        return builder;
    }

    private void fails(Path data, Path first, String... settings) {
        assertThatThrownBy(() -> starting(data, settings).tryStart())
                .isInstanceOf(StartException.class)
                .satisfies(e -> assertThat(((StartException) e).exitCode()).isEqualTo(StartException.FAILURE))
                .hasMessageContaining("failed: Table \"api_keys\" not found")
                .hasMessageContaining("What was before the first try is in " + first)
                .hasMessageContaining("llmproxyctl backup restore " + first + " --replace --data-dir " + data);
    }

    /** A service that is started again and again must not fill the disk with what it keeps. */
    @Test
    void isMadeOnceHoweverOftenTheChangeFails() throws Exception {
        Path data = directory.resolve("data");
        old(data);
        execute(data, "ALTER TABLE api_keys RENAME TO hidden");
        assertThatThrownBy(() -> starting(data).tryStart()).hasMessageContaining("api_keys");
        Path first = backups(data).getFirst();
        fails(data, first);
        // the first try came as far as the next version, which is another state
        List<Path> both = backups(data);
        assertThat(both).hasSize(2).contains(first);
        fails(data, first);
        assertThat(backups(data)).isEqualTo(both);
        Path record = data.resolve("upgrade-unfinished");
        assertThat(record).exists();

        // something else than tries has happened: another one, and only the last of those is kept
        for (String name : List.of("one", "two")) {
            execute(data, "UPDATE tenants SET name = '" + name + "'");
            fails(data, first);
            assertThat(backups(data)).hasSize(2).contains(first);
        }
        // a name that leads elsewhere is none, and one that was damaged does not count
        Path outside = Files.writeString(directory.resolve("llmproxy-x.zip"), "mine");
        String line = Files.readAllLines(record).getFirst();
        Files.writeString(record, line.substring(0, 65) + "../../llmproxy-x.zip\n" + line + "\n");
        fails(data, first);
        assertThat(outside).exists();
        assertThat(backups(data)).hasSize(3);

        execute(data, "ALTER TABLE hidden RENAME TO api_keys");
        try (TestAppliance upgraded = starting(data).start()) {
            assertThat(upgraded.ctl("tenant", "list", "-o", "name").value()).isEqualTo("acme");
            assertThat(record).doesNotExist();
            assertThat(backups(data))
                    .as("of before the first try, and the newest")
                    .hasSize(2)
                    .contains(first);
            String shown = upgraded.ctl("backup", "verify", first.toString()).value();
            assertThat(shown).contains("schema 12");
        }
    }

    @Test
    void isMadeOnceAlsoWhereItIsSealed() throws Exception {
        Path data = directory.resolve("data");
        old(data);
        execute(data, "ALTER TABLE api_keys RENAME TO hidden");
        Path key = directory.resolve("key");
        assertThat(new OfflineProgram()
                        .run(
                                new PrintWriter(Writer.nullWriter()),
                                new PrintWriter(Writer.nullWriter()),
                                "backup-key",
                                "--file=" + key))
                .isZero();
        String[] sealed = {"backup.recipient-key", key + ".pub"};
        assertThatThrownBy(() -> starting(data, sealed).tryStart()).hasMessageContaining("api_keys");
        Path first = backups(data).getFirst();
        assertThat(first.toString()).endsWith(".zip.sealed");
        fails(data, first, sealed);
        fails(data, first, sealed);
        List<Path> both = backups(data);
        assertThat(both).hasSize(2).contains(first);
        // they are cut: then they are no way back, and another is made
        for (Path cut : both) {
            Files.write(cut, new byte[] {1});
        }
        assertThatThrownBy(() -> starting(data, sealed).tryStart())
                .hasMessageNotContaining(first.toString())
                .hasMessageContaining("What was before the first try is in ");
        assertThat(backups(data)).hasSize(3);
    }

    @Test
    void isNamedByACommandThatFailsToo() throws Exception {
        Path data = directory.resolve("data");
        old(data);
        execute(data, "ALTER TABLE api_keys RENAME TO hidden");
        StringWriter said = new StringWriter();
        int code = new OfflineProgram()
                .run(
                        new PrintWriter(Writer.nullWriter()),
                        new PrintWriter(said, true),
                        "db-migrate",
                        "--data-dir=" + data);
        assertThat(code).isEqualTo(OfflineException.FAILED);
        assertThat(said.toString())
                .contains("What was before the first try is in " + backups(data).getFirst());
    }

    private static JsonNode migrate(Path data, String... options) {
        List<String> line = new ArrayList<>(List.of("db-migrate", "--data-dir=" + data));
        line.addAll(List.of(options));
        StringWriter said = new StringWriter();
        int code = new OfflineProgram()
                .run(new PrintWriter(said, true), new PrintWriter(Writer.nullWriter()), line.toArray(String[]::new));
        assertThat(code).as(said.toString()).isZero();
        return JSON.readTree(said.toString());
    }

    @Test
    void isMadeByTheCommandTooAndADryRunChangesNothing() throws Exception {
        Path data = directory.resolve("data");
        old(data);
        JsonNode wouldBe = migrate(data, "--dry-run");
        assertThat(wouldBe.path("state").asString()).isEqualTo("pending");
        assertThat(wouldBe.path("pending").size()).isEqualTo(Integer.parseInt(SchemaState.newest()) - 12);
        assertThat(wouldBe.at("/pending/0/statements/0").asString()).isNotBlank();
        assertThat(data.resolve("backups")).doesNotExist();
        assertThat(migrate(data, "--dry-run")).as("still").isEqualTo(wouldBe);

        JsonNode made = migrate(data);
        assertThat(made.path("from").asString()).isEqualTo("12");
        assertThat(made.path("done").size()).isEqualTo(wouldBe.path("pending").size());
        Path file = beforeMigration(data);
        assertThat(migrate(data).path("done").size()).isZero();
        assertThat(beforeMigration(data)).as("the only one").isEqualTo(file);
        assertThat(migrate(data, "--dry-run").path("state").asString()).isEqualTo("current");
    }

    @Test
    void nothingIsChangedWhereItCannotBeMade() throws IOException {
        Path data = directory.resolve("data");
        old(data);
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() -> TestAppliance.builder()
                        .directory(data)
                        .set("backup.directory", file.resolve("under").toString())
                        .tryStart())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("nothing was changed");
        try (ClosedDatabase database = ClosedDatabase.embedded(data.resolve("db"))) {
            assertThat(database.schema().version()).isEqualTo("12");
        }
    }
}
