package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept of requests, by the tenant's setting. Each test has a tenant of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestAuditTest {
    private static final String CANARY = "jane.canary@example.org";
    private static final String STREAMED =
            delta("write jane.can") + delta("ary@exam") + delta("ple.org today") + "data: [DONE]\n\n";

    private final FakeProvider provider = FakeProvider.start();
    private final TestAppliance appliance = TestAppliance.start();

    private static String delta(String text) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
    }

    @AfterAll
    void stop() {
        appliance.close();
        provider.close();
    }

    private Ctl requests(String tenant, String... more) {
        List<String> all = new ArrayList<>(List.of("-t", tenant, "audit", "list", "--requests"));
        all.addAll(List.of(more));
        return appliance.ctl(all.toArray(String[]::new));
    }

    private static String chat(String text) {
        return "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
    }

    @Test
    void metadataIsFoundByAllThatARequestIsKnownBy() {
        String key = appliance.tenantWithKey("meta", provider.baseUrl());
        try (Http http = new Http(appliance.gateway(), key)) {
            HttpResponse<String> answer = http.chat();
            String id = answer.headers().firstValue("x-request-id").orElseThrow();
            http.post("/v1/chat/completions", "{\"messages\":[]}");
            assertThat(requests("meta", "--request-id", id, "-o", "name").value())
                    .isEqualTo(id);
            assertThat(requests("meta", "--key", "dev", "--model", "gpt-4o", "--status", "200", "-q")
                            .value())
                    .isEqualTo(id);
            assertThat(requests("meta", "--status", "4xx", "-o", "jsonl").value())
                    .contains("\"status\":400");
            assertThat(requests("meta", "--from", "1h", "-o", "jsonl").value().lines())
                    .hasSize(2);
            assertThat(requests("meta", "--limit", "1", "-o", "jsonl").value().lines())
                    .hasSize(1);
            assertThat(requests("meta", "--to", "1h", "-q").value()).isEmpty();
            assertThat(requests("meta", "--request-id", id, "--body", "-o", "json")
                            .value())
                    .doesNotContain("\"body\"");
        }
        assertThat(requests("meta", "--status", "600").err()).contains("status");
        assertThat(requests("meta", "--request-id", "x").err()).contains("requestId");
        assertThat(requests("meta", "--user", "nobody@example.com").code()).isEqualTo(4);
        assertThat(requests("meta", "--key", "nobody").code()).isEqualTo(4);
        assertThat(appliance
                        .ctl("audit", "list", "--requests", "--user", "a@example.com")
                        .err())
                .contains("tenant");
    }

    @Test
    void fullKeepsBothBodiesSealedAndReadingThemIsAudited() throws IOException {
        String key = appliance.tenantWithKey("full", provider.baseUrl());
        appliance.ctl("tenant", "update", "full", "--audit", "full").value();
        try (Http http = new Http(appliance.gateway(), key)) {
            HttpResponse<String> answer = http.post("/v1/chat/completions", chat("sealed-prompt-canary"));
            String id = answer.headers().firstValue("x-request-id").orElseThrow();
            String shown =
                    requests("full", "--request-id", id, "--body", "-o", "json").value();
            assertThat(shown).contains("sealed-prompt-canary").contains("\"redacted\": false");
            assertThat(Http.json(answer).at("/id").asString()).isNotEmpty();
            assertThat(shown).contains(Http.json(answer).at("/id").asString());
            assertThat(appliance
                            .ctl("-t", "full", "audit", "list", "--action", "audit.read", "-o", "jsonl")
                            .value())
                    .contains("request/" + id);
        }
        assertThat(everything(appliance.directory())).doesNotContain("sealed-prompt-canary");
        appliance.clock().advance(Duration.ofDays(1));
        assertThat(appliance
                        .ctl(
                                "-t",
                                "full",
                                "audit",
                                "purge",
                                "--before",
                                appliance.clock().instant().toString(),
                                "--yes")
                        .value())
                .contains("1 bodies");
    }

    @Test
    void redactedKeepsNothingPrivateHoweverItIsSpelled() throws IOException {
        provider.on(
                "/v1/chat/completions", FakeProvider.Script.answer(200, STREAMED, "content-type", "text/event-stream"));
        String key = appliance.tenantWithKey("redacted", provider.baseUrl());
        appliance.ctl("tenant", "update", "redacted", "--audit", "redacted").value();
        try (Http http = new Http(appliance.gateway(), key)) {
            String prompt = chat("ask " + CANARY + " or jane.canary\\u0040example.org, card 4111 1111 1111 1111")
                    .replace("{\"model\"", "{\"stream\":true,\"model\"");
            HttpResponse<String> answer = http.post("/v1/chat/completions", prompt);
            assertThat(answer.body()).contains("ple.org today");
            String id = answer.headers().firstValue("x-request-id").orElseThrow();
            String shown = requests("redacted", "--request-id", id, "--body", "-o", "json")
                    .value();
            assertThat(shown)
                    .contains("\"redacted\": true")
                    .contains("ask ")
                    .contains("today")
                    .doesNotContain("jane.canary")
                    .doesNotContain("canary@")
                    .doesNotContain("example.org")
                    .doesNotContain("4111 1111");
        } finally {
            provider.restore("/v1/chat/completions");
        }
        assertThat(everything(appliance.directory())).doesNotContain(CANARY);
    }

    @Test
    void whatTheGatewayItselfRefusesIsKeptWithItsReason() {
        String key = appliance.tenantWithKey("refused", provider.baseUrl());
        appliance
                .ctl("tenant", "update", "refused", "--audit", "redacted", "--allowed-models", "gpt-4o")
                .value();
        try (Http http = new Http(appliance.gateway(), key)) {
            HttpResponse<String> answer =
                    http.post("/v1/chat/completions", chat("refused-prompt").replace("gpt-4o", "of-" + CANARY));
            assertThat(answer.statusCode()).isEqualTo(403);
            String id = answer.headers().firstValue("x-request-id").orElseThrow();
            assertThat(requests("refused", "--request-id", id, "--body", "-o", "json")
                            .value())
                    .contains("refused-prompt")
                    .contains("model_not_allowed")
                    .contains(Http.json(answer).at("/error/type").asString())
                    .contains("the model `[EMAIL]`");
            HttpResponse<String> unread = http.post("/v1/chat/completions", "{\"a\":");
            assertThat(requests(
                                    "refused",
                                    "--request-id",
                                    unread.headers().firstValue("x-request-id").orElseThrow(),
                                    "--body",
                                    "-o",
                                    "json")
                            .value())
                    .contains("\"status\": 400")
                    .doesNotContain("\"body\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "mask", "vault"})
    void redactedTakesOutWhatTheTenantItselfCallsPrivate(String redact) {
        String tenant = "own-" + redact;
        provider.on(
                "/v1/chat/completions",
                FakeProvider.Script.answer(
                        200, "{\"a\":\"CUST-7654321, 536-22-1234\"}", "content-type", "application/json"));
        String key = appliance.tenantWithKey(tenant, provider.baseUrl());
        appliance
                .ctl(
                        "tenant",
                        "update",
                        tenant,
                        "--audit",
                        "redacted",
                        "--redact",
                        redact,
                        "--redact-kinds",
                        "us-ssn",
                        "--redact-pattern",
                        "customer=CUST-\\d{6,8}")
                .value();
        try (Http http = new Http(appliance.gateway(), key)) {
            HttpResponse<String> answer =
                    http.post("/v1/chat/completions", chat("ask CUST-1234567, 536-22-1234, " + CANARY));
            assertThat(answer.statusCode()).isEqualTo(200);
            String id = answer.headers().firstValue("x-request-id").orElseThrow();
            String shown =
                    requests(tenant, "--request-id", id, "--body", "-o", "json").value();
            assertThat(shown)
                    .contains("ask [CUSTOMER], [US_SSN], [EMAIL]")
                    .contains("[CUSTOMER], [US_SSN]\\\"")
                    .doesNotContain("CUST-")
                    .doesNotContain("536-22");
        } finally {
            provider.restore("/v1/chat/completions");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "application/json",
                "application/x-www-form-urlencoded",
                "text/plain",
                "application/octet-stream"
            })
    void redactedReadsJsonAsTheGatewayDoesWhateverItsTypeIsSaidToBe(String type) {
        String tenant = "typed-" + type.replaceAll("[^a-z]", "");
        String key = appliance.tenantWithKey(tenant, provider.baseUrl());
        appliance.ctl("tenant", "update", tenant, "--audit", "redacted").value();
        try (Http http = new Http(appliance.gateway(), key)) {
            HttpRequest.Builder request = http.request("/v1/chat/completions")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "\n " + chat("ask anna\\u0040example.com, \\u002b49 30 1234567")));
            if (!type.isEmpty()) {
                request.header("Content-Type", type);
            }
            HttpResponse<String> answer = http.send(request);
            assertThat(answer.statusCode()).isEqualTo(200);
            String id = answer.headers().firstValue("x-request-id").orElseThrow();
            assertThat(requests(tenant, "--request-id", id, "--body", "-o", "json")
                            .value())
                    .contains("ask [EMAIL], [PHONE]")
                    .doesNotContain("anna")
                    .doesNotContain("1234567");
        }
    }

    @Test
    void noneIsNotFoundAndHasNoIds() {
        String key = appliance.tenantWithKey("none", provider.baseUrl());
        appliance.ctl("tenant", "update", "none", "--audit", "none").value();
        try (Http http = new Http(appliance.gateway(), key)) {
            String id = http.chat().headers().firstValue("x-request-id").orElseThrow();
            assertThat(requests("none").code()).isEqualTo(5);
            assertThat(requests("none").err()).contains("keeps no audit of requests");
            assertThat(appliance
                            .ctl("audit", "list", "--requests", "--request-id", id, "-q")
                            .value())
                    .isEmpty();
            assertThat(appliance.ctl("-t", "none", "usage", "export").value())
                    .contains(id)
                    .contains("\"upstreamRequestId\":null");
            // what was asked while no audit was kept is in none later
            appliance.ctl("tenant", "update", "none", "--audit", "metadata").value();
            String later = http.chat().headers().firstValue("x-request-id").orElseThrow();
            assertThat(requests("none", "-q").value()).isEqualTo(later);
            assertThat(requests("none", "--request-id", id, "-q").value()).isEmpty();
            assertThat(appliance
                            .ctl("audit", "list", "--requests", "--request-id", id, "-q")
                            .value())
                    .isEmpty();
            assertThat(appliance.ctl("-t", "none", "usage", "export").value())
                    .contains(id)
                    .contains(later);
        }
    }

    @Test
    void aPurgeWhileRequestsRunDisturbsNone() throws InterruptedException {
        String key = appliance.tenantWithKey("purged", provider.baseUrl());
        appliance.ctl("tenant", "update", "purged", "--audit", "full").value();
        List<Integer> codes = new CopyOnWriteArrayList<>();
        Thread purges = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 5; i++) {
                String now = appliance.clock().instant().toString();
                codes.add(appliance
                        .ctl("-t", "purged", "audit", "purge", "--before", now, "--yes")
                        .code());
            }
        });
        try (Http http = new Http(appliance.gateway(), key)) {
            for (int i = 0; i < 30; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
        }
        purges.join();
        assertThat(codes).containsExactly(0, 0, 0, 0, 0);
        assertThat(requests("purged", "--limit", "100", "-q").value().lines()).hasSize(30);
        assertThat(appliance.ctl("-t", "purged", "audit", "verify").value()).startsWith("sound: ");
    }

    @Test
    void aModeThatIsNoneOfThemIsRefused() {
        appliance.ctl("tenant", "create", "modes").value();
        assertThat(appliance.ctl("tenant", "update", "modes", "--audit", "all").err())
                .contains("full");
        assertThat(appliance
                        .ctl("tenant", "update", "modes", "--audit", "none", "-o", "json")
                        .value())
                .contains("\"auditMode\": \"none\"");
    }

    private static String everything(Path directory) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return all.toString();
    }
}
