package io.llmproxy.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the packages do when they are installed, upgraded, removed and purged. */
class PackageScriptsTest {
    @TempDir
    Path directory;

    private FakeHost host;

    @BeforeEach
    void setUp() throws IOException {
        host = new FakeHost(directory);
    }

    @AfterEach
    void tearDown() throws IOException {
        host.close();
    }

    @Test
    void anInstallationMakesUserAndDirectoriesStartsNothingAndTellsTheNextStep() throws Exception {
        host.systemd().socket("acme");
        assertThat(host.run("deb/control/postinst", "configure", ""))
                .contains("nothing of it runs yet", "llmproxyctl tenant provision acme");
        assertThat(host.calls())
                .containsExactly(
                        "systemd-sysusers --root=ROOT llmproxy.conf",
                        "systemd-tmpfiles --root=ROOT --create llmproxy.conf",
                        "systemctl --system daemon-reload");
    }

    @Test
    void anInstallationWhereNoSystemdRunsDoesWithout() throws Exception {
        assertThat(host.run("deb/control/postinst", "configure", "")).contains("nothing of it runs yet");
        assertThat(host.calls()).noneMatch(call -> call.startsWith("systemctl"));
    }

    @Test
    void anUpgradeStopsNothingAndLetsEveryInstanceGoOnWithTheNewProgram() throws Exception {
        host.systemd("llmproxy@acme.service", "llmproxy@globex.service", "llmproxy.service")
                .socket("acme")
                .socket("globex")
                .socket("_all")
                .restartExits(0, "");
        host.run("deb/control/prerm", "upgrade", "0.2.0-1");
        host.run("deb/control/postrm", "upgrade", "0.2.0-1");
        assertThat(host.calls()).isEmpty();
        assertThat(host.run("deb/control/postinst", "configure", "0.1.0-1"))
                .contains("acme goes on with the program that was installed now")
                .doesNotContain("nothing of it runs yet");
        assertThat(host.calls())
                .contains(
                        "llmproxyctl --socket ROOT/run/llmproxy/acme/admin.sock restart",
                        "llmproxyctl --socket ROOT/run/llmproxy/globex/admin.sock restart",
                        "llmproxyctl --socket ROOT/run/llmproxy/_all/admin.sock restart")
                .noneMatch(call -> call.contains("try-restart") || call.contains("stop"));
    }

    @Test
    void anInstanceThatCannotTakeTheNewProgramKeepsServingWithTheOldOne() throws Exception {
        host.systemd("llmproxy@acme.service").socket("acme").restartExits(1, "line 3: unknown key gateway.lisen");
        assertThat(host.run("deb/control/postinst", "configure", "0.1.0-1"))
                .contains("acme goes on with the program of before the upgrade", "unknown key gateway.lisen")
                .contains("llmproxyctl -t acme restart");
        assertThat(host.calls()).noneMatch(call -> call.contains("try-restart") || call.contains("stop"));
    }

    @Test
    void instancesThatDoNotKnowTheCommandOrHaveNoSocketAreRestartedBySystemd() throws Exception {
        host.systemd("llmproxy@acme.service", "llmproxy@elsewhere.service")
                .socket("acme")
                .restartExits(4, "not found");
        assertThat(host.run("scripts/instances", "restart"))
                .contains("llmproxy@acme.service was stopped and started again");
        assertThat(host.calls())
                .contains(
                        "deb-systemd-invoke try-restart llmproxy@acme.service",
                        "deb-systemd-invoke try-restart llmproxy@elsewhere.service")
                .hasSize(3);
    }

    @Test
    void aUnitThatDoesNotComeUpAgainIsToldAndTheUpgradeEndsWell() throws Exception {
        host.systemd("llmproxy@acme.service").program("deb-systemd-invoke", "exit 1");
        assertThat(host.run("deb/control/postinst", "configure", "0.1.0-1"))
                .contains("llmproxy@acme.service did not start again", "systemctl status llmproxy@acme.service");
    }

    @Test
    void withoutSystemdAnInstanceThatDoesNotKnowTheCommandIsLeftAloneAndNamed() throws Exception {
        host.socket("acme").restartExits(2, "unknown command");
        assertThat(host.run("scripts/instances", "restart"))
                .contains("acme runs the program of before the upgrade: stop it and start it again");
    }

    @Test
    void aSocketThatNobodyListensOnIsNoInstance() throws Exception {
        host.socket("acme").program("llmproxyctl", "exit 3");
        assertThat(host.run("scripts/instances", "restart")).isEmpty();
    }

    @Test
    void aRemovalStopsEveryInstanceAndKeepsConfigurationDataAndLogs() throws Exception {
        host.systemd("llmproxy@acme.service", "llmproxy.service");
        host.run("deb/control/prerm", "remove");
        host.run("deb/control/postrm", "remove");
        assertThat(host.calls())
                .containsExactly(
                        "deb-systemd-invoke stop llmproxy@acme.service llmproxy.service",
                        "systemctl --system daemon-reload");
        assertThat(host.path("etc/llmproxy/llmproxy.yaml")).exists();
        assertThat(host.path("var/lib/llmproxy/acme")).exists();
        assertThat(host.path("var/log/llmproxy/acme")).exists();
    }

    @Test
    void aPurgeLeavesNothing() throws Exception {
        Path wants = Files.createDirectories(host.path("etc/systemd/system/multi-user.target.wants"));
        Path ours = Files.createSymbolicLink(
                wants.resolve("llmproxy@acme.service"), Path.of("/lib/systemd/system/llmproxy@.service"));
        Path others =
                Files.createSymbolicLink(wants.resolve("ssh.service"), Path.of("/lib/systemd/system/ssh.service"));
        host.run("deb/control/postrm", "purge");
        assertThat(host.path("etc/llmproxy")).doesNotExist();
        assertThat(host.path("var/lib/llmproxy")).doesNotExist();
        assertThat(host.path("var/log/llmproxy")).doesNotExist();
        assertThat(host.path("run/llmproxy")).doesNotExist();
        assertThat(Files.isSymbolicLink(ours)).isFalse();
        assertThat(Files.isSymbolicLink(others)).isTrue();
    }

    @Test
    void aPurgeOfWhatIsGoneAlreadyIsNoError() throws Exception {
        host.run("deb/control/postrm", "purge");
        host.run("deb/control/postrm", "purge");
    }

    @Test
    void anOtherVerbIsWrongUsage() throws Exception {
        assertThat(host.run(2, "scripts/instances", "start")).contains("usage: ", "restart|stop");
    }
}
