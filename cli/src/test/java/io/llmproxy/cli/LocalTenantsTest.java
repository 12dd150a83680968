package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LocalTenantsTest {
    private static final String TENANTS = "GET /api/v1/tenants?limit=1000";

    private Path directory;
    private CtlRun ctl;

    @BeforeEach
    void setUp(@TempDir Path temporary) {
        directory = temporary;
        ctl = new CtlRun(temporary);
    }

    @Test
    void showsEveryProcessAndTheTenantsOfOneForAll() throws IOException {
        try (FakeAdminServer acme = serve("acme", "acme", "[]");
                FakeAdminServer beta = serve("beta", "beta", "[\"the disk is full\"]");
                FakeAdminServer all = serve("_all", "*", "[]")) {
            all.answer(
                    TENANTS,
                    200,
                    "{\"items\":[{\"slug\":\"delta\",\"status\":\"active\"},{\"slug\":\"eps\",\"status\":\"suspended\"}],\"next\":null}");
            serve("gone", "gone", "[]").close();
            Files.createDirectories(directory.resolve("etc"));
            Files.writeString(directory.resolve("etc/stopped.yaml"), "");
            Files.writeString(directory.resolve("etc/llmproxy.yaml"), "");

            assertThat(ctl.run("tenant", "list", "--local", "-o", "json"))
                    .as(ctl.err())
                    .isZero();
            JsonNode rows = Json.parse(ctl.out().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(rows.values().stream().map(r -> Json.text(r.path("slug")) + " " + Json.text(r.path("state"))))
                    .containsExactly(
                            "delta ready", "eps suspended", "acme ready", "beta problems", "gone down", "stopped down");
            assertThat(Json.text(rows.get(2).path("socket"))).endsWith("run/acme/admin.sock");
            assertThat(Json.text(rows.get(2).path("version"))).isEqualTo("9.9");
            assertThat(Json.text(rows.get(2).path("unit"))).isEqualTo("llmproxy@acme.service");
            assertThat(Json.text(rows.get(0).path("unit"))).isEqualTo("llmproxy.service");
            assertThat(rows.get(5).path("socket").isNull()).isTrue();

            // nobody said which server: where tenants have processes of their own, one cannot answer for all
            assertThat(ctl.run("tenant", "list", "-o", "name")).isZero();
            assertThat(ctl.out()).isEqualTo("delta\neps\nacme\nbeta\ngone\nstopped\n");
            assertThat(acme.seen()).hasSize(4);
            assertThat(beta.seen()).hasSize(4);
        }
    }

    @Test
    void aServerThatIsNamedOrAloneAnswersForItself() throws IOException {
        String page = "{\"items\":[{\"slug\":\"delta\",\"createdAt\":\"2026-01-01T00:00:00Z\"}],\"next\":null}";
        try (FakeAdminServer all = serve("_all", "*", "[]").answer(TENANTS, 200, page)) {
            assertThat(ctl.run("tenant", "list", "-o", "json")).isZero();
            assertThat(ctl.out()).contains("createdAt").doesNotContain("\"unit\"");
            assertThat(all.lines()).containsExactly(TENANTS);
        }
        try (FakeAdminServer acme = serve("acme", "acme", "[]").answer(TENANTS, 200, page)) {
            String socket = directory.resolve("run/acme/admin.sock").toString();
            assertThat(ctl.run("--socket", socket, "tenant", "list", "-o", "json"))
                    .isZero();
            assertThat(ctl.out()).contains("createdAt").doesNotContain("\"unit\"");
            assertThat(ctl.run("-t", "acme", "tenant", "list", "-o", "json")).isZero();
            assertThat(acme.lines()).containsExactly(TENANTS, TENANTS);
            assertThat(ctl.run("--socket", socket, "tenant", "list", "--local")).isEqualTo(2);
        }
    }

    @Test
    void tellsTheStateOfTheUnitsWhereThereIsSystemd() throws IOException {
        Files.createDirectories(directory.resolve("systemd"));
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Files.setPosixFilePermissions(
                Files.writeString(bin.resolve("systemctl"), "#!/bin/sh\necho failed; exit 3\n"),
                PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(directory.resolve("etc"));
        Files.writeString(directory.resolve("etc/acme.yaml"), "");
        assertThat(ctl.env("PATH", bin.toString()).run("tenant", "list", "--local"))
                .isZero();
        assertThat(ctl.out()).containsPattern("acme +down +- +- +- +llmproxy@acme.service +failed");
    }

    @Test
    void aMachineWithoutAnySaysHowToMakeOne() {
        assertThat(ctl.run("tenant", "list", "--local")).isZero();
        assertThat(ctl.err()).contains("tenant provision SLUG");
        assertThat(ctl.run("tenant", "list")).isEqualTo(3);
    }

    private FakeAdminServer serve(String name, String tenant, String problems) throws IOException {
        Path socket = directory.resolve("run").resolve(name).resolve("admin.sock");
        Files.createDirectories(socket.getParent());
        return FakeAdminServer.on(socket)
                .answer(
                        "GET /api/v1/status",
                        200,
                        "{\"tenant\":\"" + tenant
                                + "\",\"version\":\"9.9\",\"gateway\":\"http://127.0.0.1:8080\",\"problems\":"
                                + problems
                                + "}")
                .answer("GET /health/ready", 200, "{}");
    }
}
