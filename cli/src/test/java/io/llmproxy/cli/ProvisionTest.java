package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With directories of its own for the machine's, and a systemctl that writes down what it was asked. */
class ProvisionTest {
    private Path directory;
    private CtlRun ctl;

    @BeforeEach
    void setUp(@TempDir Path temporary) throws IOException {
        directory = temporary;
        ctl = new CtlRun(temporary);
        Files.createDirectories(temporary.resolve("etc"));
        Files.createDirectories(temporary.resolve("bin"));
        ctl.env("PATH", temporary.resolve("bin") + ":/usr/bin:/bin");
    }

    @Test
    void writesFilesForTheServiceAloneAndTheKeyForRoot() throws IOException {
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start"))
                .as(ctl.err())
                .isZero();
        assertThat(mode("etc/acme.yaml")).isEqualTo("rw-r-----");
        assertThat(mode("etc/acme")).isEqualTo("rwxr-x---");
        assertThat(mode("etc/acme/master-key")).isEqualTo("r--------");
        assertThat(mode("backups/acme")).isEqualTo("rwx------");
        assertThat(Base64.getDecoder().decode(text("etc/acme/master-key").strip()))
                .hasSize(32);
        assertThat(text("etc/acme.yaml"))
                .contains("gateway:\n  listen: 127.0.0.1:")
                .contains("directories: ['" + directory.resolve("etc/acme") + "']")
                .doesNotContain("database");
        assertThat(ctl.out())
                .contains("tenant acme is provisioned")
                .contains("systemctl enable --now llmproxy@acme.service");
        try (Stream<Path> files = Files.list(directory.resolve("etc"))) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void aSecondTimeChangesNothingAndSaysSo() throws IOException {
        ctl.run("tenant", "provision", "acme", "--no-start");
        String before = text("etc/acme.yaml") + text("etc/acme/master-key");
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start")).isZero();
        assertThat(ctl.out()).contains("was provisioned before; nothing changed");
        assertThat(text("etc/acme.yaml") + text("etc/acme/master-key")).isEqualTo(before);
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start", "-o", "json"))
                .isZero();
        assertThat(ctl.out()).contains("\"changed\": false");
    }

    @Test
    void whatTheFileSaysIsNotChangedByAnOption() throws IOException {
        Files.writeString(directory.resolve("etc/acme.yaml"), "gateway: {listen: '127.0.0.1:9000'}\n");
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start", "--listen", "127.0.0.1:9001"))
                .isEqualTo(5);
        assertThat(ctl.err()).contains("says gateway.listen: 127.0.0.1:9000, not 127.0.0.1:9001");
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start", "--database-url", "jdbc:postgresql://db/a"))
                .isEqualTo(5);
        assertThat(ctl.err()).contains("says nothing of database.url");
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start", "--listen", "127.0.0.1:9000", "-q"))
                .isZero();
        assertThat(ctl.out()).isEqualTo("http://127.0.0.1:9000\n");
    }

    @Test
    void portsOfOtherTenantsAreNotGivenAgain() throws IOException {
        ctl.run("tenant", "provision", "one", "--no-start");
        ctl.run("tenant", "provision", "two", "--no-start");
        List<Integer> ports = TenantFile.listens(ctl.host()).values().stream()
                .flatMap(List::stream)
                .map(Address::port)
                .toList();
        assertThat(ports).hasSize(4).doesNotHaveDuplicates().allMatch(p -> p >= 8080);
        assertThat(ctl.run("tenant", "provision", "three", "--no-start", "--listen", "0.0.0.0:" + ports.getFirst()))
                .isEqualTo(5);
        assertThat(ctl.err()).contains("tenant one listens on").contains("etc/one.yaml");
        Files.writeString(directory.resolve("etc/one.env"), "LLMPROXY_GATEWAY_LISTEN=\"127.0.0.1:7\"\n");
        assertThat(ctl.run("tenant", "provision", "three", "--no-start", "--listen", "127.0.0.1:7"))
                .isEqualTo(5);
        assertThat(directory.resolve("etc/three.yaml")).doesNotExist();
        assertThat(directory.resolve("etc/three")).doesNotExist();
    }

    @Test
    void aPortThatAnotherProgramHasIsRefused() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + other.getLocalPort();
            assertThat(ctl.run("tenant", "provision", "acme", "--no-start", "--admin-listen", address))
                    .isEqualTo(5);
            assertThat(ctl.err()).contains("--admin-listen: " + address + " cannot be listened on");
        }
        assertThat(ctl.run(
                        "tenant",
                        "provision",
                        "acme",
                        "--no-start",
                        "--listen",
                        "[::1]:1",
                        "--admin-listen",
                        "[::1]:1"))
                .isEqualTo(5);
        assertThat(directory.resolve("etc/acme.yaml")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Acme", "-x", "a/b", "llmproxy", "tls", "_all", "..", ""})
    void refusesWhatIsNoTenant(String slug) {
        assertThat(ctl.run("tenant", "provision", "--no-start", "--", slug)).isEqualTo(2);
        assertThat(directory.resolve("etc")).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"8080", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", ":80", "h:x"})
    void refusesWhatIsNoAddress(String address) {
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start", "--listen", address))
                .isEqualTo(2);
        assertThat(ctl.err()).contains("--listen").contains("no HOST:PORT");
    }

    @Test
    void onlyRootMay() {
        Host host = ctl.host();
        ctl.host(new Host(host.etc(), host.state(), host.logs(), host.backups(), host.systemd(), null, false));
        assertThat(ctl.run("tenant", "provision", "acme")).isEqualTo(1);
        assertThat(ctl.err()).contains("as root");
        assertThat(ctl.run("tenant", "deprovision", "acme", "--yes")).isEqualTo(1);
    }

    @Test
    void withoutThePackagesGroupNothingIsWritten() {
        Host host = ctl.host();
        ctl.host(
                new Host(host.etc(), host.state(), host.logs(), host.backups(), host.systemd(), "no-such-group", true));
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start")).isEqualTo(1);
        assertThat(ctl.err()).contains("no group no-such-group").contains("systemd-sysusers");
        assertThat(directory.resolve("etc")).isEmptyDirectory();
    }

    @Test
    void aFileOfAnotherTenantThatIsNotYamlIsNamed() throws IOException {
        Files.writeString(directory.resolve("etc/other.yaml"), "gateway: [\n");
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start")).isEqualTo(1);
        assertThat(ctl.err()).contains("other.yaml is not YAML").contains("check-config");
        Files.delete(directory.resolve("etc/other.yaml"));
        Files.createDirectory(directory.resolve("etc/other.yaml"));
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start")).isEqualTo(1);
        assertThat(ctl.err()).contains("other.yaml cannot be read");
    }

    @Test
    void theMasterKeyThatTheDataHaveStaysAndAnotherCanBeGiven() throws IOException {
        Path data = Files.createDirectories(directory.resolve("state/old"));
        Files.writeString(data.resolve("master.key"), "k");
        assertThat(ctl.run("tenant", "provision", "old", "--no-start")).isZero();
        assertThat(directory.resolve("etc/old/master-key")).doesNotExist();
        assertThat(ctl.out()).contains("state/old/master.key");

        Path key =
                Files.writeString(directory.resolve("key"), Base64.getEncoder().encodeToString(new byte[32]));
        assertThat(ctl.run("tenant", "provision", "new", "--no-start", "--master-key-file", key.toString()))
                .isZero();
        assertThat(text("etc/new/master-key").strip()).isEqualTo(Files.readString(key));
        Files.writeString(key, "too short");
        assertThat(ctl.run("tenant", "provision", "newer", "--no-start", "--master-key-file", key.toString()))
                .isEqualTo(2);
        assertThat(ctl.err()).contains("holds no master key").doesNotContain("too short");
        assertThat(directory.resolve("etc/newer")).doesNotExist();
    }

    @Test
    void theDatabaseOfItsOwnStandsInItsFile() throws IOException {
        assertThat(ctl.run(
                        "tenant",
                        "provision",
                        "acme",
                        "--no-start",
                        "--database-url",
                        "jdbc:postgresql://db/acme?a='b'",
                        "--database-user",
                        "acme"))
                .isZero();
        assertThat(TenantFile.read(directory.resolve("etc/acme.yaml")))
                .containsEntry("database.url", "jdbc:postgresql://db/acme?a='b'")
                .containsEntry("database.user", "acme");
    }

    @Test
    void aMasterKeyInTheEnvironmentStays() throws IOException {
        Files.writeString(directory.resolve("etc/acme.env"), "# the key\nLLMPROXY_MASTER_KEY=abc\n");
        assertThat(ctl.run("tenant", "provision", "acme", "--no-start")).isZero();
        assertThat(directory.resolve("etc/acme/master-key")).doesNotExist();
    }

    @Test
    void aServiceThatRunsWithoutAFileIsNotTouched() throws IOException {
        systemctl("exit 0");
        assertThat(ctl.run("tenant", "provision", "acme")).isEqualTo(5);
        assertThat(ctl.err()).contains("llmproxy@acme.service runs already");
        assertThat(directory.resolve("etc")).isEmptyDirectory();
    }

    @Test
    void startsTheServiceAndWaitsUntilItIsReady() throws IOException {
        systemctl("[ $1 != is-active ] || exit 3");
        Files.createDirectories(directory.resolve("run/acme"));
        try (FakeAdminServer server = FakeAdminServer.on(directory.resolve("run/acme/admin.sock"))) {
            server.answer("GET /health/ready", 503, "{}");
            server.answer("GET /health/ready", 200, "{}");
            assertThat(ctl.pause(() -> true).run("tenant", "provision", "acme"))
                    .as(ctl.err())
                    .isZero();
            assertThat(server.seen()).hasSize(2);
        }
        assertThat(text("asked")).contains("enable --now llmproxy@acme.service");
        assertThat(ctl.out())
                .contains("llmproxy@acme.service, ready")
                .contains("llmproxyctl -t acme key create")
                .contains("curl http://127.0.0.1:");
    }

    @Test
    void aServiceThatDoesNotStartIsTakenBack() throws IOException {
        systemctl("case $1 in is-active) exit 3;; enable) echo 'Job failed.'; exit 1;; esac");
        program("journalctl", "echo 'llmproxy: acme.yaml:2: gateway.lissten: unknown key'");
        assertThat(ctl.run("tenant", "provision", "acme")).isEqualTo(1);
        assertThat(ctl.err())
                .contains("Job failed.")
                .contains("gateway.lissten: unknown key")
                .contains("taken back");
        assertThat(text("asked")).contains("disable --now llmproxy@acme.service");
        assertThat(directory.resolve("etc")).isEmptyDirectory();
    }

    @Test
    void aServiceThatIsNeverReadyIsTakenBackAndOneThatRanIsLeft() throws IOException {
        systemctl("[ $1 != is-active ] || exit 3");
        assertThat(ctl.run("tenant", "provision", "acme")).isEqualTo(1);
        assertThat(ctl.err()).contains("is not ready");
        assertThat(directory.resolve("etc")).isEmptyDirectory();

        systemctl("exit 0");
        Files.writeString(directory.resolve("etc/acme.yaml"), "gateway: {listen: '127.0.0.1:9000'}\n");
        assertThat(ctl.run("tenant", "provision", "acme")).isEqualTo(1);
        assertThat(ctl.err()).contains("was left as it is");
        assertThat(text("asked")).doesNotContain("disable");
        assertThat(directory.resolve("etc/acme.yaml")).exists();
    }

    @Test
    void withoutSystemdItSaysWhatToRun() {
        assertThat(ctl.run("tenant", "provision", "acme")).isZero();
        assertThat(ctl.out())
                .contains("systemd does not run this machine")
                .containsPattern("setpriv .* STATE_DIRECTORY=.*/state/acme RUNTIME_DIRECTORY=.*/run/acme"
                        + " CREDENTIALS_DIRECTORY=.* llmproxy serve --config .*llmproxy.yaml --config -.*acme.yaml"
                        + " --tenant acme");
    }

    @Test
    void deprovisionStopsAndKeepsAndPurgeDeletesWithoutFollowingLinks() throws IOException {
        Path kept = Files.writeString(directory.resolve("kept"), "x");
        Path data = Files.createDirectories(directory.resolve("state/acme/journal"));
        Files.createSymbolicLink(data.resolve("link"), directory.resolve("kept"));
        ctl.run("tenant", "provision", "acme", "--no-start");
        systemctl("exit 0");
        assertThat(ctl.run("tenant", "deprovision", "acme")).isEqualTo(2);
        assertThat(ctl.run("tenant", "deprovision", "acme", "--yes")).isZero();
        assertThat(ctl.out()).contains("what is its own stays").contains("etc/acme.yaml");
        assertThat(text("asked")).contains("disable --now llmproxy@acme.service");
        Path backup = Files.writeString(directory.resolve("backups/acme/llmproxy-acme.zip"), "x");
        assertThat(ctl.run("tenant", "deprovision", "acme", "--purge", "--yes")).isZero();
        assertThat(ctl.out()).contains("what is in " + backup.getParent() + " stays");
        assertThat(backup).exists();
        assertThat(directory.resolve("etc")).isEmptyDirectory();
        assertThat(directory.resolve("state")).isEmptyDirectory();
        assertThat(kept).exists();
        assertThat(ctl.run("tenant", "deprovision", "acme", "--yes")).isEqualTo(4);
    }

    @Test
    void nothingIsDeletedUnderAProcess() throws IOException {
        Path lock = Files.createDirectories(directory.resolve("state/acme")).resolve("llmproxy.lock");
        ctl.run("tenant", "provision", "acme", "--no-start");
        try (FileChannel process = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            process.lock();
            assertThat(ctl.run("tenant", "deprovision", "acme", "--purge", "--yes"))
                    .isEqualTo(5);
        }
        assertThat(ctl.err()).contains("a process still has " + lock.getParent());
        assertThat(lock).exists();
        assertThat(directory.resolve("etc/acme.yaml")).exists();
        assertThat(ctl.run("tenant", "deprovision", "acme", "--purge", "--yes")).isZero();
        assertThat(lock).doesNotExist();
    }

    @Test
    void nothingIsDeletedWhereTheServiceCannotBeStopped() throws IOException {
        ctl.run("tenant", "provision", "acme", "--no-start");
        systemctl("echo no; exit 1");
        assertThat(ctl.run("tenant", "deprovision", "acme", "--purge", "--yes")).isEqualTo(1);
        assertThat(ctl.err()).contains("nothing was deleted");
        assertThat(directory.resolve("etc/acme.yaml")).exists();
    }

    private void systemctl(String body) throws IOException {
        Files.createDirectories(directory.resolve("systemd"));
        Files.deleteIfExists(directory.resolve("asked"));
        program("systemctl", "echo \"$@\" >> " + directory.resolve("asked") + "\n" + body);
        program("journalctl", "exit 0");
    }

    private void program(String name, String body) throws IOException {
        Path file = Files.writeString(directory.resolve("bin/" + name), "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String mode(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(path)));
    }

    private String text(String path) throws IOException {
        return Files.readString(directory.resolve(path));
    }
}
