package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the running appliance refuses, by the programs that its users have; and that nothing of it reaches an upstream. */
class RefusalsTest {
    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.builder().set("gateway.max-body", "64KiB").start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http://169.254.169.254/v1",
                "http://[fe80::1]/v1",
                "http://metadata.google.internal/v1",
                "ftp://example.com/v1",
                "file:///etc/passwd",
                "http://user:secret@example.com/v1",
                "http://0.0.0.0/v1",
                "http://2852039166/v1",
                "https:///v1",
            })
    void aBaseUrlThatNobodyMayHave(String url) {
        Ctl ctl = provider("bad", "--type", "custom", "--base-url", url);
        assertThat(ctl.code()).as(ctl.err()).isEqualTo(1);
        assertThat(ctl.err()).contains("baseUrl").doesNotContain("secret@");
    }

    @Test
    void aBaseUrlOfOurselves() {
        Ctl gateway = provider("loop", "--type", "custom", "--base-url", appliance.gateway() + "/v1");
        assertThat(gateway.code()).as(gateway.err()).isEqualTo(1);
        Ctl admin = provider(
                "loop", "--type", "custom", "--base-url", appliance.appliance().adminUrl() + "/v1");
        assertThat(admin.code()).as(admin.err()).isEqualTo(1);
    }

    @Test
    void aRequestThatWentThroughUsAlready() {
        int before = upstream.requests().size();
        HttpResponse<String> answer = http.send(
                http.request("/v1/models").header("Via", "1.1 llmproxy").GET());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(upstream.requests()).hasSize(before);
    }

    @Test
    void aReferenceToTheMasterKey() throws IOException {
        assertThat(provider("bad", "--type", "openai", "--api-key-env", "LLMPROXY_MASTER_KEY")
                        .code())
                .isEqualTo(1);
        Path key = appliance.directory().resolve("master.key");
        assertThat(key).exists();
        assertThat(provider("bad", "--type", "openai", "--api-key-file", key.toString())
                        .code())
                .isEqualTo(1);
        assertThat(provider("bad", "--type", "openai", "--secret", "credential:master-key")
                        .code())
                .isEqualTo(1);
        assertThat(Files.getPosixFilePermissions(key)).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{                                   | 400 | invalid_request_error/invalid_request",
                "[]                                  | 400 | invalid_request_error/invalid_request",
                "{\"messages\":[]}                   | 400 | invalid_request_error/invalid_request",
                "{\"model\":5}                       | 400 | invalid_request_error/invalid_request",
                "{\"model\":\"\"}                    | 400 | invalid_request_error/invalid_request",
                "{\"model\":\"a\",\"model\":\"b\"}   | 400 | invalid_request_error/invalid_request",
                "{\"model\":\"a\",\"n\":01}          | 400 | invalid_request_error/invalid_request",
                "{\"model\":\"a\"} x                 | 400 | invalid_request_error/invalid_request",
            })
    void aBodyThatIsNoRequest(String body, int status, String error) {
        int before = upstream.requests().size();
        HttpResponse<String> answer = http.post("/v1/chat/completions", body);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(Http.error(answer)).isEqualTo(error);
        assertThat(answer.headers().firstValue("x-request-id")).isPresent();
        assertThat(upstream.requests()).hasSize(before);
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    @Test
    void aPathTrickByAKnownKeyIsRefusedAndInTheLedger() {
        int before = upstream.requests().size();
        HttpResponse<String> answer = http.get("/v1/%252e%252e/models");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("x-llmproxy-attempts")).contains("0");
        assertThat(upstream.requests()).hasSize(before);
        String id = answer.headers().firstValue("x-request-id").orElseThrow();
        String lines =
                appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
        assertThat(lines.lines().filter(l -> l.contains(id)))
                .singleElement()
                .asString()
                .contains("refused");
    }

    @Test
    void aBodyThatIsTooLarge() {
        String large =
                "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(70_000) + "\"}]}";
        HttpResponse<String> answer = http.post("/v1/chat/completions", large);
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(Http.error(answer)).isEqualTo("request_too_large/request_too_large");
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "tenant create Acme, 1",
        "tenant create -x, 2",
        "tenant create acme, 5",
        "tenant show none, 4",
        "-t acme user create nobody, 1",
        "-t acme key create dev, 5",
        "-t acme key create a/b, 1",
        "-t acme key create late --expires 2001-01-01T00:00:00Z, 1",
        "-t acme key create bad --cidr 10.0.0.0/99, 1",
        "-t acme key create bad --providers nosuch, 1",
        "-t acme key show none, 4",
        "-t acme provider create up --type openai --api-key-env X, 5",
        "-t acme provider create nokey --type openai, 1",
        "-t acme provider create other --type telepathy, 1",
        "-t none key list, 4",
        "-t acme key delete dev, 2",
        "-t acme nonsense list, 2",
    })
    void aCommandThatIsWrongByItsExitCode(String line, int code) {
        Ctl ctl = appliance.ctl(line.split(" "));
        assertThat(ctl.code()).as(ctl.err()).isEqualTo(code);
        assertThat(ctl.err()).startsWith("llmproxyctl: ");
        assertThat(ctl.out()).isEmpty();
    }

    @Test
    void thePlantedSecretsAreNowhereToBeRead() throws IOException {
        http.chat();
        appliance.ctl("-t", "acme", "provider", "show", "up", "-o", "json").value();
        for (Path file : files(appliance.directory())) {
            String text = Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThat(text.contains("sk-upstream-secret")).as(file.toString()).isFalse();
        }
        List<String> shown = new ArrayList<>();
        for (String format : List.of("json", "yaml", "csv", "table", "jsonl")) {
            shown.add(appliance
                    .ctl("-t", "acme", "provider", "list", "-o", format)
                    .value());
            shown.add(appliance.ctl("-t", "acme", "key", "list", "-o", format).value());
        }
        assertThat(shown).noneMatch(s -> s.contains("sk-upstream") || s.contains("\"hash\""));
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var walk = Files.walk(directory)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    private static Ctl provider(String name, String... options) {
        List<String> all = new ArrayList<>(List.of("-t", "acme", "provider", "create", name));
        all.addAll(List.of(options));
        return appliance.ctl(all.toArray(String[]::new));
    }
}
