package io.llmproxy.adapter.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.CurrentRequest;
import io.llmproxy.port.EndedRequest;
import io.llmproxy.port.LogControl.Threshold;
import io.llmproxy.testing.UsageRecords;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class LogFileTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final System.Logger log = System.getLogger("io.llmproxy.test");
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Handler[] before = {};
    private @Nullable RunningLog running;

    @TempDir
    Path directory;

    @BeforeEach
    void setUp() {
        before = Logger.getLogger("").getHandlers();
    }

    @AfterEach
    void restore() {
        if (running != null) {
            running.close();
        }
        Logger root = Logger.getLogger("");
        Arrays.stream(root.getHandlers()).forEach(root::removeHandler);
        Arrays.stream(before).forEach(root::addHandler);
        root.setLevel(Level.INFO);
    }

    private RunningLog install(Logging.Format format, boolean journal, Logging.@Nullable LogFile file)
            throws IOException {
        RunningLog made = Logging.install(new Logging.Settings(format, System.Logger.Level.INFO, journal, file), err);
        running = made;
        return made;
    }

    private static Logging.LogFile file(Path path, long maxSize) {
        return new Logging.LogFile(path, maxSize, 2);
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aLineHasItsEventAndItsRequestAsFields() throws IOException {
        UUID id = UUID.fromString("0198c0de-0000-7000-8000-000000000000");
        CurrentRequest request = new CurrentRequest() {
            @Override
            public UUID requestIdOrNull() {
                return id;
            }

            @Override
            public String tenantOrNull() {
                return "acme";
            }
        };
        install(Logging.Format.JSON, false, null);
        ScopedValue.where(CurrentRequest.SCOPE, request)
                .run(() -> log.log(System.Logger.Level.WARNING, "event 6301: provider `up` fails"));
        JsonNode line = JSON.readTree(errors());
        assertThat(line.get("event").asInt()).isEqualTo(6301);
        assertThat(line.get("message").asString()).isEqualTo("provider `up` fails");
        assertThat(line.get("requestId").asString()).isEqualTo(id.toString());
        assertThat(line.get("tenant").asString()).isEqualTo("acme");
        err.reset();
        install(Logging.Format.TEXT, false, null);
        ScopedValue.where(CurrentRequest.SCOPE, request)
                .run(() -> log.log(System.Logger.Level.WARNING, "event 6301: provider `up` fails"));
        assertThat(errors())
                .endsWith(" WARN  event 6301: provider `up` fails (io.llmproxy.test) request=" + id + " tenant=acme\n");
    }

    @Test
    void theJournalGetsThePriorityOfEachLineAndNoTime() throws IOException {
        install(Logging.Format.TEXT, true, null);
        log.log(System.Logger.Level.WARNING, "a\nb\u001b[0m\u2028\uD800", new IllegalStateException("x"));
        assertThat(errors().lines().toList().getFirst())
                .isEqualTo("<4>a\\nb\\u001b[0m\\u2028\\ud800 (io.llmproxy.test)");
        assertThat(errors().lines()).allMatch(l -> l.startsWith("<4>"));
        err.reset();
        log.log(System.Logger.Level.ERROR, "bad");
        log.log(System.Logger.Level.INFO, "fine");
        assertThat(errors()).isEqualTo("<3>bad (io.llmproxy.test)\n<6>fine (io.llmproxy.test)\n");
    }

    @Test
    void onlyTheStreamThatSystemdToldOfIsItsJournal() throws IOException {
        Path stream = Files.writeString(directory.resolve("stream"), "");
        Map<String, Object> of = Files.readAttributes(stream, "unix:dev,ino");
        assertThat(Logging.journalReads(Map.of("JOURNAL_STREAM", of.get("dev") + ":" + of.get("ino")), stream))
                .isTrue();
        assertThat(Logging.journalReads(Map.of("JOURNAL_STREAM", "1:2"), stream))
                .isFalse();
        assertThat(Logging.journalReads(Map.of("JOURNAL_STREAM", "nonsense"), stream))
                .isFalse();
        assertThat(Logging.journalReads(Map.of(), stream)).isFalse();
    }

    @Test
    void aFileIsSetAsideBySizeAndTheOldestGoes() throws IOException {
        Path path = directory.resolve("logs/llmproxy.log");
        install(Logging.Format.JSON, false, file(path, 2000));
        for (int i = 0; i < 60; i++) {
            log.log(System.Logger.Level.INFO, "line " + i + " " + "x".repeat(50));
        }
        try (var files = Files.list(directory.resolve("logs"))) {
            assertThat(files.map(f -> String.valueOf(f.getFileName())))
                    .containsExactlyInAnyOrder("llmproxy.log", "llmproxy.log.1", "llmproxy.log.2");
        }
        for (String one : List.of("llmproxy.log", "llmproxy.log.1", "llmproxy.log.2")) {
            Path file = path.resolveSibling(one);
            assertThat(Files.size(file)).isLessThanOrEqualTo(2000);
            assertThat(Files.readAllLines(file))
                    .allSatisfy(l -> assertThat(JSON.readTree(l).isObject()).isTrue());
        }
        assertThat(Files.readString(path)).contains("line 59 ");
        assertThat(errors()).isEmpty();
    }

    @Test
    void goesOnBehindWhatACrashLeftAndWhereTheFileWasMovedAway() throws IOException {
        Path path = Files.writeString(directory.resolve("llmproxy.log"), "{\"cut\":\"in the mid");
        RotatingFile file = new RotatingFile(path, 1 << 20, 1);
        file.write("one\n".getBytes(StandardCharsets.UTF_8));
        assertThat(Files.readString(path)).isEqualTo("{\"cut\":\"in the mid\none\n");
        file.close();
        Files.move(path, directory.resolve("moved"));
        file.write("two\n".getBytes(StandardCharsets.UTF_8));
        file.close();
        assertThat(Files.readString(path)).isEqualTo("two\n");
    }

    /** As two processes have during a hand-over. */
    @Test
    void twoWritersOfOneFileLoseNoLineAndSetItAsideOnce() throws Exception {
        Path path = directory.resolve("llmproxy.log");
        int lines = 2000;
        try (RotatingFile one = new RotatingFile(path, 20_000, 50);
                RotatingFile two = new RotatingFile(path, 20_000, 50)) {
            one.open();
            two.open();
            Thread other = Thread.ofPlatform().start(() -> many(two, "two", lines));
            many(one, "one", lines);
            other.join();
        }
        List<String> found = new ArrayList<>();
        try (var list = Files.list(directory)) {
            for (Path file : list.toList()) {
                List<String> of = Files.readAllLines(file);
                found.addAll(of);
                // one that was set aside twice over would have few lines
                assertThat(file.equals(path) ? 20_000 : Files.size(file)).isGreaterThan(19_900);
            }
        }
        assertThat(found).allMatch(l -> l.matches("(one|two) [0-9]+ x{50}\\."));
        assertThat(found).hasSize(2 * lines).doesNotHaveDuplicates();
        assertThat(path.resolveSibling("llmproxy.log.3")).exists();
    }

    private static void many(RotatingFile file, String name, int lines) {
        for (int i = 0; i < lines; i++) {
            try {
                file.write((name + " " + i + " " + "x".repeat(50) + ".\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void whatAnotherProcessAddedCountsAndStays() throws IOException {
        Path path = directory.resolve("llmproxy.log");
        try (RotatingFile one = new RotatingFile(path, 100, 2);
                RotatingFile two = new RotatingFile(path, 100, 2)) {
            one.open();
            two.open();
            one.write("a\n".repeat(20).getBytes(StandardCharsets.UTF_8));
            two.write("b\n".repeat(20).getBytes(StandardCharsets.UTF_8));
            assertThat(Files.readString(path)).isEqualTo("a\n".repeat(20) + "b\n".repeat(20));
            one.write("c\n".repeat(20).getBytes(StandardCharsets.UTF_8));
            two.write("d\n".repeat(20).getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Files.readString(path)).isEqualTo("c\n".repeat(20) + "d\n".repeat(20));
        assertThat(path.resolveSibling("llmproxy.log.1")).hasContent("a\n".repeat(20) + "b\n".repeat(20));
        assertThat(path.resolveSibling("llmproxy.log.2")).doesNotExist();
    }

    @Test
    void aFileOfWhichNoneIsKeptIsEmptiedForAllThatWriteIt() throws IOException {
        Path path = directory.resolve("llmproxy.log");
        try (RotatingFile one = new RotatingFile(path, 100, 0);
                RotatingFile two = new RotatingFile(path, 100, 0)) {
            one.open();
            two.open();
            one.write("a\n".repeat(40).getBytes(StandardCharsets.UTF_8));
            two.write("b\n".repeat(40).getBytes(StandardCharsets.UTF_8));
            one.write("c\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Files.readString(path)).isEqualTo("b\n".repeat(40) + "c\n");
    }

    /** {@code /dev/full} is a disk without space. */
    @Test
    void aFullDiskSendsLinesToStandardErrorAndStopsNothing() throws IOException {
        Path full = Path.of("/dev/full");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(full));
        Path path = directory.resolve("llmproxy.log");
        RunningLog made = install(Logging.Format.JSON, false, file(path, 1 << 20));
        log.log(System.Logger.Level.INFO, "before");
        Files.delete(path);
        Files.createSymbolicLink(path, full);
        LineSink refusing = new RotatingFile(path, 1 << 20, 1);
        assertThatThrownBy(() -> refusing.write("x\n".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left");
        RunningLog onFull = new RunningLog(
                new JsonLines(), null, new LineSink.ToStream(err), false, refusing, path, new LevelTable(Level.INFO));
        try {
            onFull.write(LogEntry.own(Event.CLOCK_JUMPED, "first"));
            onFull.write(LogEntry.own(Event.ALERT, "second"));
            assertThat(errors().lines()).hasSize(3);
            assertThat(errors())
                    .containsOnlyOnce("\"event\":6701")
                    .contains("first")
                    .contains("second");
            assertThat(onFull.fault()).contains("cannot be written", "No space left", "free space");
            Files.delete(path);
            onFull.write(LogEntry.own(Event.ALERT, "third"));
            assertThat(onFull.fault()).isNull();
            assertThat(Files.readString(path)).contains("third").contains("2 lines went to standard error");
        } finally {
            onFull.close();
            assertThat(made.fault()).isNull();
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsKnownAtOnce() throws IOException {
        Path plain = Files.writeString(directory.resolve("plain"), "");
        assertThatThrownBy(() -> install(Logging.Format.JSON, false, file(plain.resolve("llmproxy.log"), 2000)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void thousandsOfEqualErrorsAreFewLines() throws IOException {
        RunningLog made = install(Logging.Format.JSON, false, null);
        for (int i = 0; i < 5000; i++) {
            log.log(System.Logger.Level.ERROR, "event 6203: request " + UUID.randomUUID() + " failed");
        }
        assertThat(errors().lines()).hasSize(1);
        made.close();
        assertThat(errors().lines()).hasSize(2);
        assertThat(errors()).contains("repeated 4999 times more");
        assertThat(made.recent()).hasSize(2);
    }

    @Test
    void noHeaderAndNoModelBeginsALineOrSteersATerminal() {
        String evil = "a\n2026-11-20 14:03:12.345 ERROR forged\r\u001b[31m\u0000\u0085\u2028\u202e\"\\\t\uD800 end";
        Instant now = Instant.parse("2026-11-20T12:00:00Z");
        UsageRecord record = new UsageRecord(
                Ids.next(now),
                evil,
                null,
                now,
                new UsageRecord.Caller(Ids.next(now), "acme", null, evil, Ids.next(now), evil, null),
                new UsageRecord.Call(evil, evil, evil, evil, evil),
                UsageRecords.answered(TokenUsage.of(1, 2), Cost.UNKNOWN));
        byte[] address = {10, 0, 0, 7};
        for (EndedRequest ended : List.of(
                EndedRequest.of(record, address, "0af7651916cd43dd8448eb211c80319c"),
                EndedRequest.ofStranger(Ids.next(now), now, evil, evil, 401, 1234, address, null))) {
            String json = new JsonLines().access(AccessEntry.of(ended, true));
            String text = new TextLines().access(AccessEntry.of(ended, false));
            assertThat(json.lines()).hasSize(1);
            assertThat(text.lines()).hasSize(1);
            assertThat(json + text).doesNotContain("\u001b", "\u202e", "\u2028", "\u0000", "\u0085", "\r");
            assertThat(json.getBytes(StandardCharsets.UTF_8)).doesNotContain((byte) '?');
            JsonNode line = JSON.readTree(json);
            assertThat(line.get("path").asString()).isEqualTo(evil);
            assertThat(text.contains(" trace=0af7651916cd43dd8448eb211c80319c\n"))
                    .isEqualTo(ended.traceId() != null);
            assertThat(line.get("address").asString()).isEqualTo("10.0.0.7");
            assertThat(text).doesNotContain("10.0.0.7");
        }
    }

    @Test
    void onlyErrorsHaveALineWhereThatIsAskedFor() throws IOException {
        RunningLog made = install(Logging.Format.JSON, false, null);
        Instant now = Instant.parse("2026-11-20T12:00:00Z");
        byte[] address = {10, 0, 0, 7};
        new AccessLog(made, true, false)
                .write(List.of(
                        EndedRequest.ofStranger(Ids.next(now), now, "GET", "/v1/models", 200, 1, address, null),
                        EndedRequest.ofStranger(Ids.next(now), now, "GET", "/v1/models", 401, 1, address, null)));
        assertThat(errors().lines()).hasSize(1);
        assertThat(errors()).contains("\"status\":401", "\"durationMs\":0.001");
    }

    @Test
    void levelsChangeWhileItRuns() throws IOException {
        RunningLog made = install(Logging.Format.TEXT, false, null);
        log.log(System.Logger.Level.DEBUG, "unheard");
        made.set("io.llmproxy.test", Threshold.DEBUG);
        log.log(System.Logger.Level.DEBUG, "heard");
        made.set("io.llmproxy.test", Threshold.ERROR);
        log.log(System.Logger.Level.WARNING, "unheard");
        assertThat(made.levels()).containsEntry("", Threshold.INFO).containsEntry("io.llmproxy.test", Threshold.ERROR);
        made.set("io.llmproxy.test", null);
        made.set("", Threshold.WARN);
        log.log(System.Logger.Level.INFO, "unheard");
        made.set("", null);
        log.log(System.Logger.Level.INFO, "at last");
        assertThat(errors()).contains("DEBUG heard").contains("at last").doesNotContain("unheard");
        assertThat(made.levels()).containsOnlyKeys("");
    }
}
