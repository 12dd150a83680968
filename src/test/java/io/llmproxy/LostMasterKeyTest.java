package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A master key that is gone: what needs it stops the start, and {@code db forget-sealed} is the way on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LostMasterKeyTest {
    private static final String ANOTHER = Base64.getEncoder().encodeToString(new byte[32]);

    private final FakeProvider upstream = FakeProvider.start();

    @TempDir
    Path directory = Path.of("unset");

    @AfterAll
    void stop() {
        upstream.close();
    }

    private Path key() {
        return directory.resolve("master.key");
    }

    private TestAppliance start() {
        return TestAppliance.builder().directory(directory).start();
    }

    private void refused(String... texts) {
        assertThatThrownBy(() -> TestAppliance.builder().directory(directory).tryStart())
                .isInstanceOfSatisfying(StartException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(StartException.USAGE);
                    assertThat(e.getMessage()).contains(texts);
                });
        assertThat(key()).doesNotExist();
    }

    /** A tenant whose bodies are kept, and that has nothing else that is secret. */
    private String recordedBody(TestAppliance appliance) {
        appliance.ctl("tenant", "create", "acme").value();
        appliance.ctl("tenant", "update", "acme", "--audit", "full").value();
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        "up",
                        "--type",
                        "custom",
                        "--base-url",
                        upstream.baseUrl().toString())
                .value();
        appliance.ctl("tenant", "update", "acme", "--default-provider", "up").value();
        String secret =
                appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value();
        try (Http http = new Http(appliance.gateway(), secret)) {
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
        assertThat(body(appliance).value()).contains("chatcmpl-");
        return secret;
    }

    private static TestAppliance.Ctl body(TestAppliance appliance) {
        return appliance.ctl("-t", "acme", "audit", "list", "--requests", "--body", "-o", "json");
    }

    private TestAppliance.Ctl forget(TestAppliance any, String... more) {
        List<String> line = new java.util.ArrayList<>(
                List.of("db", "forget-sealed", "--data-dir", directory.toString(), "-o", "jsonl"));
        line.addAll(List.of(more));
        return any.ctl(line.toArray(String[]::new));
    }

    @Test
    void bodiesStopTheStartUntilTheKeyIsBackOrTheyAreGivenUp() throws IOException {
        String secret;
        TestAppliance stopped;
        try (TestAppliance appliance = start()) {
            stopped = appliance;
            secret = recordedBody(appliance);
            assertThat(forget(appliance, "--yes").code()).as("while it runs").isEqualTo(3);
        }
        Path kept = Files.move(key(), directory.resolve("kept"));
        refused("recorded bodies of requests need the master key", "there is none", "db forget-sealed");

        Files.copy(kept, key());
        try (TestAppliance appliance = start()) {
            assertThat(body(appliance).value()).contains("chatcmpl-");
        }
        assertThat(forget(stopped, "--dry-run").value())
                .as("nothing is lost while the key is there")
                .contains("\"lost\":[]", "\"bodies\":0", "\"done\":false");
        assertThat(forget(stopped, "--yes").value()).contains("\"bodies\":0");

        Files.delete(key());
        assertThat(forget(stopped, "--dry-run").value()).contains("\"bodies\":1", "\"providers\":[]", "\"done\":false");
        refused("recorded bodies of requests");
        assertThat(forget(stopped).code()).as("without --yes").isEqualTo(2);
        assertThat(forget(stopped, "--yes").value()).contains("\"bodies\":1", "\"done\":true");
        try (TestAppliance appliance = start()) {
            assertThat(body(appliance).value()).doesNotContain("chatcmpl-");
            assertThat(appliance.ctl("audit", "verify").code()).isZero();
            assertThat(appliance.ctl("ledger", "check", "-q").value()).isEqualTo("sound");
            try (Http http = new Http(appliance.gateway(), secret)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            assertThat(body(appliance).value()).contains("chatcmpl-");
        }
        assertThat(key()).exists();
    }

    @Test
    void anotherKeyIsNamedAndOpensWhatComesAfterTheOldIsGivenUp() throws IOException {
        TestAppliance stopped;
        try (TestAppliance appliance = start()) {
            stopped = appliance;
            appliance.tenantWithKey("beta", upstream.baseUrl());
            appliance
                    .ctl("-t", "beta", "provider", "update", "up", "--proxy", "http://user:pass@127.0.0.1:9")
                    .value();
            appliance
                    .ctlWithInput(
                            "sk-shared", "provider", "create", "all", "--shared", "--type", "openai", "--api-key-stdin")
                    .value();
            recordedBody(appliance);
        }
        Files.writeString(key(), ANOTHER);
        assertThatThrownBy(() -> TestAppliance.builder().directory(directory).tryStart())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("sealed credentials and recorded bodies of requests need the master key")
                .hasMessageContaining("the one given is 66687aad");
        TestAppliance.Ctl forgotten = forget(stopped, "--yes");
        assertThat(forgotten.value())
                .contains("\"masterKey\":\"66687aad\"", "\"bodies\":1", "\"providers\":[\"all\",\"beta/up\"]");
        assertThat(forgotten.err())
                .contains(
                        "llmproxyctl -t beta provider update up --api-key-stdin",
                        "llmproxyctl provider update all --shared --api-key-stdin");
        try (TestAppliance appliance = start()) {
            String provider = appliance
                    .ctl("-t", "beta", "provider", "show", "up", "-o", "json")
                    .value();
            assertThat(provider).contains("127.0.0.1:9").doesNotContain("sealed");
            appliance
                    .ctlWithInput("sk-new", "-t", "beta", "provider", "update", "up", "--api-key-stdin")
                    .value();
        }
        assertThat(forget(stopped, "--dry-run").value())
                .as("what was sealed since opens")
                .contains("\"bodies\":0", "\"providers\":[]", "\"lost\":[]");
    }

    @Test
    void aKeyThatCannotBeReadIsNotTakenForNone() throws IOException {
        TestAppliance stopped;
        try (TestAppliance appliance = start()) {
            stopped = appliance;
            recordedBody(appliance);
        }
        Files.writeString(key(), "not a key");
        TestAppliance.Ctl done = forget(stopped, "--yes");
        assertThat(done.code()).isEqualTo(1);
        assertThat(done.err()).contains("is not base64");
    }

    @Test
    void aStateInWhichNothingIsSealedNeedsNone() {
        Path file = directory.resolve("backup.zip");
        Path data = directory.resolve("restored");
        TestAppliance stopped;
        try (TestAppliance appliance =
                TestAppliance.builder().directory(directory.resolve("state")).start()) {
            stopped = appliance;
            appliance.ctl("tenant", "create", "acme").value();
            appliance.ctl("backup", "create", file.toString(), "-q").value();
        }
        TestAppliance.Ctl done =
                stopped.ctl("backup", "restore", file.toString(), "--data-dir", data.toString(), "--yes");
        assertThat(done.code()).isZero();
        assertThat(done.err()).doesNotContain("warning");
        TestAppliance.builder().directory(data).start().close();
        assertThat(data.resolve("master.key")).exists();
    }
}
