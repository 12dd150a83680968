package io.llmproxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ConfigKey;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ConfigReference;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a configuration that is edited while the process runs. */
@Timeout(120)
class ReloadTest {
    private static final Pattern ROW = Pattern.compile("\\| `([a-z][a-z0-9.-]*)` \\| (yes|restart) \\| .*");

    @TempDir
    Path scratch;

    private Path file;
    private FakeProvider upstream;
    private TestAppliance appliance;

    @BeforeEach
    void setUp() throws Exception {
        file = scratch.resolve("llmproxy.yaml");
        Files.writeString(file, "log:\n  level: error\n");
        upstream = FakeProvider.start();
        appliance = TestAppliance.builder().file(file).start();
    }

    @AfterEach
    void tearDown() {
        appliance.close();
        upstream.close();
    }

    @Test
    void appliesWhatCanBeAndNamesWhatWantsARestart() throws Exception {
        Files.writeString(file, """
                log:
                  level: warn
                gateway:
                  keep-alive: 33s
                  max-body: 2MiB
                """);

        TestAppliance.Ctl checked = appliance.ctl("config", "check");
        assertThat(checked.value())
                .contains("would be applied: gateway.keep-alive, log.level")
                .contains("by a restart alone (llmproxyctl restart): gateway.max-body");
        assertThat(appliance.ctl("config", "reload", "-o", "json").value())
                .contains("\"gateway.keep-alive\",\n    \"log.level\"\n  ]")
                .contains("\"restart\": [\n    \"gateway.max-body\"");

        assertThat(appliance.ctl("log", "level").value()).contains("warn");
        assertThat(setting("gateway.keep-alive")).contains("33s").contains("llmproxy.yaml:4");
        assertThat(setting("gateway.max-body")).as("what is in force").doesNotContain("2097152");
        assertThat(appliance.ctl("config", "reload").value())
                .contains("nothing has changed")
                .contains("gateway.max-body");
        assertThat(appliance.ctl("audit", "list", "-o", "json").value()).contains("config.reload");
    }

    private String setting(String key) {
        return appliance
                .ctl("config", "show", "--origin", "-o", "jsonl")
                .value()
                .lines()
                .filter(line -> line.contains('"' + key + '"'))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void limitsOfTheConfigurationHoldFromTheNextRequestOn() throws Exception {
        String key = appliance.tenantWithKey("acme", upstream.baseUrl());
        try (Http http = new Http(appliance.gateway(), key)) {
            assertThat(http.chat().statusCode()).isEqualTo(200);

            Files.writeString(file, "limits:\n  user:\n    requests: 1\n    per: day\n");
            assertThat(appliance.ctl("config", "reload").value()).contains("limits.user.requests");

            assertThat(List.of(http.chat().statusCode(), http.chat().statusCode()))
                    .contains(429);
            Files.writeString(file, "");
            appliance.ctl("config", "reload").value();
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aFaultyFileChangesNothingAndIsToldWithKeyAndLine() throws Exception {
        Files.writeString(file, "log:\n  level: debug\ngateway:\n  keep-alive: soon\n  no-such-key: 1\n");

        TestAppliance.Ctl reload = appliance.ctl("config", "reload");
        assertThat(reload.code()).isEqualTo(1);
        assertThat(reload.err())
                .contains("llmproxy.yaml:4: gateway.keep-alive:")
                .contains("llmproxy.yaml:5: gateway.no-such-key: unknown key")
                .as("a line each")
                .hasLineCount(2);
        assertThat(appliance.ctl("config", "check").code()).isEqualTo(1);
        assertThat(appliance.ctl("log", "level").value()).contains("error");
        assertThat(appliance.ctl("audit", "list", "-o", "json").value()).contains("config.reload-refused");

        Files.delete(file);
        assertThat(appliance.ctl("config", "reload").code())
                .as("a file that is gone")
                .isEqualTo(1);
        assertThat(appliance.ctl("status").code()).as("it goes on").isZero();
    }

    @Test
    void reloadsAtTheSameTimeComeOneAfterTheOther() throws Exception {
        Files.writeString(file, "log:\n  level: warn\n");
        List<Thread> threads = new ArrayList<>();
        List<Integer> codes = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.startVirtualThread(
                    () -> codes.add(appliance.ctl("config", "reload").code())));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(codes).containsExactly(0, 0, 0, 0);
    }

    @Test
    void thePageSaysOfEachKeyWhetherAReloadAppliesIt() throws Exception {
        Map<String, String> page = new java.util.HashMap<>();
        for (String line : Files.readAllLines(Path.of("docs/configuration.md"), UTF_8)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                page.put(row.group(1), row.group(2));
            }
        }
        Map<String, String> code = new java.util.HashMap<>();
        for (ConfigKey<?> key : ConfigReference.keys()) {
            code.put(key.name(), ConfigReference.reloads(key.name()) ? "yes" : "restart");
        }
        assertThat(page).isEqualTo(code);
    }

    @Test
    void whatIsSecretIsComparedAndNotShown() throws Exception {
        Path other = Files.writeString(scratch.resolve("other.yaml"), "upstream:\n  proxy: http://a:secret@h:1\n");
        ConfigLoader.Loaded one = ConfigLoader.load(ConfigLoader.Sources.files(List.of(other)));
        Files.writeString(other, "upstream:\n  proxy: http://a:another@h:1\n");
        ConfigLoader.Loaded two = ConfigLoader.load(ConfigLoader.Sources.files(List.of(other)));
        assertThat(one.changes(two)).containsExactly("upstream.proxy");
        assertThat(one.changes(one)).isEmpty();
        assertThat(one.shown().values()).noneMatch(value -> value.contains("secret"));
    }
}
