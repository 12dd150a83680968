package io.llmproxy.adapter.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.support.UpstreamDefaults;
import io.llmproxy.adapter.provider.support.UpstreamTrust;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Request;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.PemFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SignedWebhookTest {
    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
    private static final String SECRET = "a secret of the operator";

    @TempDir
    Path directory;

    private final FakeProvider receiver = FakeProvider.start();
    private Path secret;

    @BeforeEach
    void write() throws IOException {
        secret = Files.writeString(directory.resolve("secret"), SECRET + "\n");
        receiver.on("/hook", Script.answer(204, ""));
    }

    @AfterEach
    void stop() {
        receiver.close();
    }

    private static BudgetAlert alert() {
        return new BudgetAlert(
                Ids.next(NOW),
                "acme",
                "l-1",
                LimitScope.USER,
                "ann@acme.example",
                LimitMetric.COST,
                LimitPeriod.MONTH,
                LimitMode.HARD,
                5_000_000,
                Instant.parse("2026-11-01T00:00:00Z"),
                4_012_500,
                80,
                false,
                NOW);
    }

    private SignedWebhook hook(Duration timeout) {
        return hook(receiver, timeout, UpstreamDefaults.NONE);
    }

    private SignedWebhook hook(FakeProvider to, Duration timeout, UpstreamDefaults trust) {
        return new SignedWebhook(
                URI.create(to.origin() + "/hook?token=t0p"), secret, timeout, new UpstreamTrust(trust));
    }

    @Test
    void aReceiverOfTheHousesOwnAuthorityIsBelieved() throws Exception {
        PemFiles pem = PemFiles.make(directory.resolve("tls"));
        try (FakeProvider secure = FakeProvider.startTls(pem.made().server())) {
            secure.on("/hook", Script.answer(204, ""));
            Duration patience = Duration.ofSeconds(30);
            assertThatThrownBy(
                            () -> hook(secure, patience, UpstreamDefaults.NONE).send(alert(), NOW))
                    .isInstanceOf(IOException.class);
            Path authority = directory.resolve("house.pem");
            SignedWebhook hook = hook(secure, patience, new UpstreamDefaults(authority, null, List.of()));
            assertThatThrownBy(() -> hook.send(alert(), NOW))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("upstream.ca-file " + authority + " cannot be read")
                    .hasMessageNotContaining("t0p");
            Files.copy(pem.certificate(), authority);
            hook.send(alert(), NOW);
            assertThat(secure.requests()).hasSize(1);
        }
    }

    @Test
    void postsTheAlertWithASignatureOfItsBodyAndTime() throws IOException {
        BudgetAlert alert = alert();
        hook(Duration.ofSeconds(30)).send(alert, NOW);
        Request request = receiver.lastRequest();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/hook?token=t0p");
        assertThat(request.header("content-type")).isEqualTo("application/json");
        assertThat(request.header("x-llmproxy-alert")).isEqualTo(alert.id().toString());
        assertThat(request.header("x-llmproxy-signature"))
                .isEqualTo(SignedWebhook.signature(
                        SECRET.getBytes(StandardCharsets.UTF_8), NOW.getEpochSecond(), request.body()));
        JsonNode body = JsonMapper.shared().readTree(request.body());
        assertThat(body.path("type").asString()).isEqualTo("budget");
        assertThat(body.path("id").asString()).isEqualTo(alert.id().toString());
        assertThat(body.path("tenant").asString()).isEqualTo("acme");
        assertThat(body.path("limit").asString()).isEqualTo("l-1");
        assertThat(body.path("scope").asString()).isEqualTo("user");
        assertThat(body.path("subject").asString()).isEqualTo("ann@acme.example");
        assertThat(body.path("metric").asString()).isEqualTo("cost");
        assertThat(body.path("per").asString()).isEqualTo("month");
        assertThat(body.path("amount").asString()).isEqualTo("5");
        assertThat(body.path("used").asString()).isEqualTo("4.0125");
        assertThat(body.path("threshold").asInt()).isEqualTo(80);
        assertThat(body.path("periodStart").asString()).isEqualTo("2026-11-01T00:00:00Z");
        assertThat(body.path("text").asString())
                .isEqualTo("80 % of a budget reached: 4.0125 USD of 5 USD per month, user=ann@acme.example,"
                        + " tenant acme (limit l-1)");
    }

    @Test
    void theSignatureIsThatOfTheDocumentation() {
        // printf '1763719200.{"id":"1"}' | openssl dgst -sha256 -hmac 'a secret of the operator'
        assertThat(SignedWebhook.signature(
                        SECRET.getBytes(StandardCharsets.UTF_8),
                        1_763_719_200L,
                        "{\"id\":\"1\"}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("t=1763719200,v1=5f05b8d6f02f7fab13bed0866c9ac4489c0d03d4b977c73f82054c1a7ced66c1");
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 404, 410, 429, 500, 503})
    void whateverIsNoTwoHundredIsANo(int status) {
        receiver.on("/hook", Script.answer(status, "no", "Location", "/elsewhere"));
        assertThatThrownBy(() -> hook(Duration.ofSeconds(30)).send(alert(), NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("answered " + status)
                .hasMessageNotContaining("t0p");
        assertThat(receiver.requests()).hasSize(1);
    }

    @Test
    void aReceiverThatSaysNothingOrDripsIsCutOffAndCalledOnce() {
        receiver.on("/hook", Script.silence());
        assertThatThrownBy(() -> hook(Duration.ofMillis(300)).send(alert(), NOW))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("t0p");
        receiver.on("/hook", c -> {
            c.write("HTTP/1.1 200 OK\r\n");
            while (true) {
                c.write("x-more: y\r\n");
                Thread.sleep(20);
            }
        });
        assertThatThrownBy(() -> hook(Duration.ofMillis(300)).send(alert(), NOW))
                .isInstanceOf(IOException.class);
        receiver.on("/hook", Script.rawThenReset(""));
        assertThatThrownBy(() -> hook(Duration.ofSeconds(30)).send(alert(), NOW))
                .isInstanceOf(IOException.class);
        assertThat(receiver.requests()).hasSize(3);
    }

    @Test
    void aReceiverThatIsAwayIsAFailure() {
        SignedWebhook hook = hook(Duration.ofSeconds(30));
        receiver.close();
        assertThatThrownBy(() -> hook.send(alert(), NOW)).isInstanceOf(IOException.class);
    }

    @Test
    void aNewSecretCountsAtOnceAndABadOneSendsNothing() throws IOException {
        SignedWebhook hook = hook(Duration.ofSeconds(30));
        Files.writeString(secret, "another secret, as long");
        hook.send(alert(), NOW);
        assertThat(receiver.lastRequest().header("x-llmproxy-signature"))
                .isEqualTo(SignedWebhook.signature(
                        "another secret, as long".getBytes(StandardCharsets.UTF_8),
                        NOW.getEpochSecond(),
                        receiver.lastRequest().body()));
        Files.writeString(secret, "short");
        assertThatThrownBy(() -> hook.send(alert(), NOW))
                .hasMessageContaining("fewer than 16")
                .hasMessageNotContaining("short secret");
        Files.delete(secret);
        assertThatThrownBy(() -> hook.send(alert(), NOW)).hasMessageContaining("cannot be read");
        assertThat(receiver.requests()).hasSize(1);
    }
}
