package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TopTest {
    private static final String LINE =
            "\"running\":3,\"requestsPerSecond\":12.5,\"errorsPerSecond\":0.0,\"inputTokensPerSecond\":100.0,"
                    + "\"outputTokensPerSecond\":50.0,\"costPerHour\":\"1.25\",\"p50Ms\":12.0,\"p99Ms\":40.0,\"ttftP50Ms\":null,\"ttftP99Ms\":null";

    @TempDir
    Path directory;

    private static String live(int seconds, int tenants) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < tenants; i++) {
            lines.add("{\"name\":\"tenant-" + i + "-\\u001b[31m\\u202e\"," + LINE + ",\"state\":null}");
        }
        return "{\"at\":\"2026-11-20T12:00:00Z\",\"seconds\":" + seconds + ",\"all\":{\"name\":\"all\"," + LINE
                + ",\"state\":null},\"tenants\":[" + String.join(",", lines)
                + "],\"providers\":[{\"name\":\"up\"," + LINE + ",\"state\":\"left-alone\"}],\"models\":[],"
                + "\"limits\":[{\"id\":\"x\",\"scope\":\"key\",\"tenant\":\"acme\",\"subject\":\"dev\",\"metric\":\"cost\",\"per\":\"month\","
                + "\"amount\":\"10\",\"used\":\"9.5\",\"percent\":95.0}],\"problems\":[\"the database is away\"]}";
    }

    @Test
    void fitsAnyTerminalAndLetsNoNameSteerIt() {
        JsonNode live = Json.parse(live(10, 200).getBytes(StandardCharsets.UTF_8));
        for (int columns : new int[] {1, 20, 80, 200}) {
            for (int rows : new int[] {1, 5, 24, 60}) {
                List<String> lines = new TopScreen(columns, rows, false).lines(live, "no server");
                assertThat(lines).hasSizeLessThanOrEqualTo(rows);
                assertThat(lines).allSatisfy(l -> {
                    assertThat(Text.width(l)).isLessThanOrEqualTo(columns);
                    assertThat(l).doesNotContain("\u001b", "\u202e");
                });
            }
        }
        String screen = String.join("\n", new TopScreen(120, 60, false).lines(live, ""));
        assertThat(screen)
                .contains(
                        "12:00:00 UTC",
                        "of the last 10 s",
                        "REQ/S",
                        "12.5",
                        "left-alone",
                        "95.0 %",
                        "9.5 of 10 cost per month")
                .contains("! the database is away");
        assertThat(new TopScreen(80, 24, false).lines(Json.object(), "")).isNotEmpty();
    }

    @Test
    void aServerThatGoesAwayIsSaidOnceAndItGoesOnWhenItIsBack() throws Exception {
        Path socket = directory.resolve("s");
        AtomicReference<FakeAdminServer> server = new AtomicReference<>(started(socket));
        AtomicInteger pauses = new AtomicInteger();
        CtlRun ctl = new CtlRun(directory).pause(() -> {
            try {
                int pause = pauses.incrementAndGet();
                if (pause == 2) {
                    server.get().close();
                    java.nio.file.Files.deleteIfExists(socket);
                } else if (pause == 4) {
                    server.set(started(socket));
                }
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return true;
        });
        assertThat(ctl.run("--socket", socket.toString(), "top", "--count", "4", "--interval", "1s", "-o", "jsonl"))
                .isZero();
        server.get().close();
        assertThat(ctl.out().lines()).hasSize(2).allMatch(l -> l.startsWith("{\"at\":"));
        assertThat(ctl.err()).containsOnlyOnce("tried again").containsOnlyOnce("the server is back");
    }

    private static FakeAdminServer started(Path socket) throws java.io.IOException {
        return FakeAdminServer.on(socket)
                .answer("GET /api/v1/live", 200, live(0, 1))
                .answer("GET /api/v1/live", 200, live(2, 1));
    }

    @Test
    void withoutAServerItEndsAtOnce() {
        CtlRun ctl = new CtlRun(directory);
        assertThat(ctl.run("--socket", directory.resolve("none").toString(), "top", "--count", "1"))
                .isEqualTo(3);
    }

    @Test
    void linesHaveAHeadOnce() throws Exception {
        Path socket = directory.resolve("s");
        try (FakeAdminServer server = started(socket)) {
            CtlRun ctl = new CtlRun(directory).pause(() -> true);
            assertThat(ctl.run("--socket", socket.toString(), "top", "--count", "3"))
                    .isZero();
            assertThat(ctl.out().lines()).hasSize(4);
            assertThat(ctl.out()).containsOnlyOnce("REQ/S").contains("12.5");
            assertThat(server.lines()).hasSize(4);
        }
    }
}
