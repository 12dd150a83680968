package io.llmproxy.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What goes into the packages: the same into both, and all that there is to go. */
class PackageContentsTest {
    private static String configuration(String plugin) throws IOException {
        String profile = Files.readString(Path.of("pom.xml"))
                .split("<id>packages</id>")[1]
                .split("</profile>")[0];
        Matcher matcher = Pattern.compile("<artifactId>" + plugin + "</artifactId>.*?</plugin>", Pattern.DOTALL)
                .matcher(profile);
        assertThat(matcher.find()).isTrue();
        return matcher.group();
    }

    @Test
    void everyUnitAndEveryFileBesideThemIsInBothPackages() throws IOException {
        List<String> files;
        try (Stream<Path> found = Files.list(Path.of("packaging/systemd"))) {
            files = found.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches(".*[.](service|socket|target|slice|sysusers|tmpfiles)"))
                    .toList();
        }
        assertThat(files).contains("llmproxy@.service", "llmproxy.sysusers");
        for (String plugin : List.of("jdeb", "rpm")) {
            assertThat(configuration(plugin))
                    .contains(files.stream()
                            .map(file -> "packaging/systemd/" + file + "<")
                            .toArray(String[]::new))
                    .contains("/usr/bin/llmproxy<", "/usr/bin/llmproxyctl<", "/usr/lib/llmproxy/packaging");
        }
    }

    @Test
    void theConfigurationIsKeptOnUpgrades() throws IOException {
        assertThat(configuration("jdeb")).containsPattern("/etc/llmproxy/llmproxy.yaml</dst>.*<conffile>true");
        assertThat(configuration("rpm"))
                .containsPattern("/etc/llmproxy/llmproxy.yaml</name>.*<configuration>true.*<noreplace>true");
    }

    @Test
    void everyScriptOfTheRpmPackageIsNamed() throws IOException {
        String rpm = configuration("rpm");
        try (Stream<Path> found = Files.list(Path.of("packaging/rpm"))) {
            assertThat(found.map(file -> String.valueOf(file.getFileName())).filter(name -> !name.equals("rpmlintrc")))
                    .isNotEmpty()
                    .allMatch(name -> rpm.contains("packaging/rpm/" + name + "<"));
        }
    }

    @Test
    void eachDepartureFromTheCheckersRulesHasItsReason() throws IOException {
        for (String file : List.of("packaging/deb/lintian-overrides", "packaging/rpm/rpmlintrc")) {
            boolean explained = false;
            for (String line : Files.readAllLines(Path.of(file))) {
                assertThat(explained || line.isBlank() || line.startsWith("#"))
                        .as("%s: %s", file, line)
                        .isTrue();
                explained = !line.isBlank();
            }
        }
    }
}
