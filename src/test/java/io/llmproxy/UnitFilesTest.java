package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.secret.UnitFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The units say what the documentation promises. systemd ignores an option that it does not know, so that one misspelt would open
 * what it was to close: only those named here may stand there. What systemd itself makes of them is proved by
 * packaging/systemd/check.sh and prove.sh.
 */
class UnitFilesTest {
    private static final Path DIRECTORY = Path.of("packaging/systemd");
    private static final String ONE = "llmproxy@.service";
    private static final String ALL = "llmproxy.service";

    private static final Map<String, String> WALLS = Map.ofEntries(
            Map.entry("NoNewPrivileges", "yes"),
            Map.entry("ProtectSystem", "strict"),
            Map.entry("ProtectHome", "yes"),
            Map.entry("PrivateTmp", "yes"),
            Map.entry("PrivateMounts", "yes"),
            Map.entry("PrivateDevices", "yes"),
            Map.entry("PrivateUsers", "no"),
            Map.entry("PrivateIPC", "yes"),
            Map.entry("ProtectClock", "yes"),
            Map.entry("ProtectHostname", "yes"),
            Map.entry("ProtectKernelLogs", "yes"),
            Map.entry("ProtectKernelModules", "yes"),
            Map.entry("ProtectKernelTunables", "yes"),
            Map.entry("ProtectControlGroups", "yes"),
            Map.entry("ProtectProc", "invisible"),
            Map.entry("ProcSubset", "pid"),
            Map.entry("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
            Map.entry("RestrictNamespaces", "yes"),
            Map.entry("RestrictRealtime", "yes"),
            Map.entry("RestrictSUIDSGID", "yes"),
            Map.entry("LockPersonality", "yes"),
            Map.entry("RemoveIPC", "yes"),
            Map.entry("DevicePolicy", "closed"),
            Map.entry("CapabilityBoundingSet", ""),
            Map.entry("AmbientCapabilities", ""),
            Map.entry("SystemCallArchitectures", "native"),
            Map.entry("SystemCallFilter", "@system-service\n~@privileged @resources"),
            Map.entry("SystemCallErrorNumber", "EPERM"),
            Map.entry("UMask", "0077"));

    private static final Set<String> OTHERS = Set.of(
            "Type",
            "NotifyAccess",
            "WatchdogSec",
            "ExecStart",
            "ExecReload",
            "EnvironmentFile",
            "LoadCredential",
            "SetCredential",
            "User",
            "Group",
            "StateDirectory",
            "StateDirectoryMode",
            "RuntimeDirectory",
            "RuntimeDirectoryMode",
            "LogsDirectory",
            "LogsDirectoryMode",
            "TemporaryFileSystem",
            "BindReadOnlyPaths",
            "BindPaths",
            "Restart",
            "RestartPreventExitStatus",
            "RestartSec",
            "TimeoutStartSec",
            "TimeoutStopSec",
            "KillMode",
            "LimitNOFILE");

    @ParameterizedTest
    @ValueSource(strings = {ONE, ALL})
    void holdsEveryWallAndNoOptionThatNobodyKnows(String unit) throws IOException {
        Map<String, String> service = service(unit);
        assertThat(service).containsAllEntriesOf(WALLS);
        assertThat(service.keySet()).allMatch(option -> WALLS.containsKey(option) || OTHERS.contains(option));
        assertThat(service).doesNotContainKey("MemoryDenyWriteExecute");
        assertThat(read(unit)).containsOnlyKeys("Unit", "Service", "Install");
        assertThat(read(unit).get("Unit")).containsOnlyKeys("Description", "Documentation", "After", "Wants");
    }

    @Test
    void theTwoUnitsDifferInTheTenantAlone() throws IOException {
        List<String> one = effective(ONE);
        List<String> all = effective(ALL).stream()
                .map(line -> line.replace("for all tenants", "for tenant %i").replace("_all", "%i"))
                .toList();
        List<String> different = new ArrayList<>(one);
        different.removeAll(all);
        assertThat(different).hasSize(3);
        assertThat(different.get(0))
                .isEqualTo("ExecStart=/usr/bin/llmproxy serve --config /etc/llmproxy/llmproxy.yaml"
                        + " --config -/etc/llmproxy/%i.yaml --tenant %i");
        assertThat(different.get(1).replace("llmproxy.yaml %i.yaml", "llmproxy.yaml"))
                .isIn(all);
        assertThat(different.get(2).replace(" -/etc/llmproxy/%i.yaml", "")).isIn(all);
        assertThat(one).hasSameSizeAs(all);
    }

    @Test
    void aProcessSeesItsOwnDirectoriesAlone() throws IOException {
        Map<String, String> service = service(ONE);
        for (String directory : List.of("StateDirectory", "RuntimeDirectory", "LogsDirectory")) {
            assertThat(service).containsEntry(directory, "llmproxy/%i");
        }
        assertThat(value(service, "TemporaryFileSystem").split(" "))
                .contains(
                        "/var/lib/llmproxy:ro",
                        "/var/log/llmproxy:ro",
                        "/run/llmproxy:ro",
                        "/var/backups/llmproxy:ro",
                        "/etc/llmproxy");
        assertThat(value(service, "TemporaryFileSystem")).contains("/etc/llmproxy/.all:ro,mode=0700");
        assertThat(value(service, "BindReadOnlyPaths").lines())
                .containsExactly(
                        "/etc/llmproxy:/etc/llmproxy/.all/etc",
                        "-/etc/llmproxy/llmproxy.yaml -/etc/llmproxy/%i.yaml -/etc/llmproxy/%i -/etc/llmproxy/tls");
    }

    @Test
    void backupsCanBeWrittenToAPlaceOfTheirOwn() throws IOException {
        assertThat(service(ONE)).containsEntry("BindPaths", "-/var/backups/llmproxy/%i");
        assertThat(service(ALL)).containsEntry("BindPaths", "-/var/backups/llmproxy/_all");
        assertThat(Files.readString(DIRECTORY.resolve("llmproxy.tmpfiles")))
                .containsPattern("d +/var/backups/llmproxy/_all +0700 llmproxy llmproxy");
    }

    @Test
    void anUpgradeWaitsForLongerThanASuccessorMayTake() throws IOException {
        Matcher seconds = Pattern.compile("timeout (\\d+) .* restart ")
                .matcher(Files.readString(Path.of("packaging/scripts/instances")));
        assertThat(seconds.find()).isTrue();
        assertThat(Duration.ofSeconds(Long.parseLong(seconds.group(1)))).isGreaterThan(Succession.PATIENCE);
        assertThat(value(service(ONE), "TimeoutStartSec")).isEqualTo(Succession.PATIENCE.toMinutes() + "min");
    }

    @Test
    void allProcessesOfAServiceAreToldToStop() throws IOException {
        // with mixed, systemd kills at once after a restart: its main process is no child of systemd's then
        assertThat(service(ONE)).containsEntry("KillMode", "control-group").containsEntry("NotifyAccess", "all");
    }

    @Test
    void theMasterKeyMayBeMissing() throws IOException {
        assertThat(service(ONE))
                .containsEntry("LoadCredential", "master-key:/etc/llmproxy/%i/master-key")
                // what MasterKey takes for none
                .containsEntry("SetCredential", "master-key:none");
    }

    /** Commands beside a stopped unit look there for its master key. */
    @Test
    void theProgramKnowsWhereTheUnitsHaveTheirKeys() throws IOException {
        UnitFiles known = UnitFiles.INSTALLED;
        assertThat(service(ONE))
                .containsEntry("LoadCredential", "master-key:" + known.settings() + "/%i/master-key")
                .containsEntry("EnvironmentFile", "-" + known.settings() + "/%i.env")
                .containsEntry("StateDirectory", known.states().getFileName() + "/%i");
        assertThat(known.states().getParent()).isEqualTo(Path.of("/var/lib"));
    }

    @Test
    void theStartIsACommandLineThatTheServerKnows() throws IOException {
        String start = value(service(ONE), "ExecStart").replace("%i", "acme");
        List<String> words = new ArrayList<>(List.of(start.split(" ")));
        assertThat(words.removeFirst()).isEqualTo("/usr/bin/llmproxy");
        words.add("--help");
        assertThat(Main.run(words.toArray(String[]::new), Map.of(), System.out, System.err))
                .isZero();
    }

    @Test
    void onlyTheServiceMayReadItsConfigurationAndItsUserHasNoShell() throws IOException {
        assertThat(Files.readString(DIRECTORY.resolve("llmproxy.tmpfiles")))
                .containsPattern("d +/etc/llmproxy +0750 root llmproxy")
                .containsPattern("z +/etc/llmproxy/llmproxy.yaml +0640 root llmproxy");
        assertThat(Files.readString(DIRECTORY.resolve("llmproxy.sysusers"))).contains("/usr/sbin/nologin");
    }

    private static Map<String, String> service(String unit) throws IOException {
        return Objects.requireNonNull(read(unit).get("Service"));
    }

    private static String value(Map<String, String> section, String option) {
        return Objects.requireNonNull(section.get(option), option);
    }

    /** By section and option; what is given several times is there line by line. */
    private static Map<String, Map<String, String>> read(String unit) throws IOException {
        Map<String, Map<String, String>> sections = new LinkedHashMap<>();
        Map<String, String> section = new LinkedHashMap<>();
        for (String line : effective(unit)) {
            if (line.startsWith("[")) {
                section = new LinkedHashMap<>();
                sections.put(line.substring(1, line.length() - 1), section);
            } else {
                int equals = line.indexOf('=');
                assertThat(equals).as(line).isPositive();
                section.merge(line.substring(0, equals), line.substring(equals + 1), (a, b) -> a + "\n" + b);
            }
        }
        return sections;
    }

    /** Without comments and empty lines. */
    private static List<String> effective(String unit) throws IOException {
        return Files.readAllLines(DIRECTORY.resolve(unit)).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
    }
}
