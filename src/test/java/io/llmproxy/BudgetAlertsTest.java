package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Request;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every request costs 0.10 USD, and the tenant has 1 USD in all: half of it is gone with the fifth. */
class BudgetAlertsTest {
    private static final String HOOK = "/hook";

    @TempDir
    Path directory;

    private final FakeProvider upstream = FakeProvider.start();
    private final FakeProvider receiver = FakeProvider.start();
    private Path secret;

    @BeforeEach
    void setUp() throws IOException {
        secret = Files.writeString(directory.resolve("webhook-secret"), "a secret of the operator");
        receiver.on(HOOK, Script.answer(200, "{}"));
    }

    @AfterEach
    void tearDown() {
        upstream.close();
        receiver.close();
    }

    private TestAppliance.Builder builder(Path data) {
        return TestAppliance.builder()
                .directory(data)
                .set("alerts.webhook.url", receiver.origin() + HOOK)
                .set("alerts.webhook.secret-file", secret.toString());
    }

    /** The key's secret. */
    private String budget(TestAppliance appliance) {
        String key = appliance.tenantWithKey("acme", upstream.baseUrl());
        appliance
                .ctl("-t", "acme", "price", "set", "gpt-4o", "--per-request", "0.10")
                .value();
        limit(appliance, "1");
        return key;
    }

    private static void limit(TestAppliance appliance, String usd) {
        String line = "-t acme limit set --scope tenant --metric cost --per total --amount " + usd;
        appliance.ctl(line.split(" ")).value();
    }

    private static void spend(TestAppliance appliance, String key, int requests) {
        try (Http http = new Http(appliance.gateway(), key)) {
            for (int i = 0; i < requests; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    private static JsonNode body(Request request) {
        return JsonMapper.shared().readTree(request.body());
    }

    private List<Integer> thresholds() {
        return receiver.requests().stream()
                .map(r -> body(r).path("threshold").asInt())
                .sorted()
                .toList();
    }

    @Test
    void eachThresholdIsPostedOnceAlsoOverAStartAndAnewForARaisedLimit() {
        Path data = directory.resolve("data");
        String key;
        try (TestAppliance first = builder(data).start()) {
            key = budget(first);
            spend(first, key, 5);
            JsonNode half = body(receiver.awaitRequests(1).getFirst());
            assertThat(half.path("tenant").asString()).isEqualTo("acme");
            assertThat(half.path("threshold").asInt()).isEqualTo(50);
            assertThat(half.path("used").asString()).isEqualTo("0.5");
            assertThat(half.path("amount").asString()).isEqualTo("1");
            assertThat(receiver.requests().getFirst().header("x-llmproxy-signature"))
                    .matches("t=\\d{10},v1=[0-9a-f]{64}");
            assertThat(first.ctl("-t", "acme", "usage", "report", "--by", "model", "-o", "csv")
                            .value())
                    .endsWith(",0.5,0");
        }
        try (TestAppliance second = builder(data).start()) {
            spend(second, key, 5);
            receiver.awaitRequests(3);
            assertThat(thresholds()).containsExactly(50, 80, 100);
            try (Http http = new Http(second.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(402);
            }
            limit(second, "2");
            receiver.awaitRequests(4);
            assertThat(body(receiver.lastRequest()).path("amount").asString()).isEqualTo("2");
            assertThat(thresholds()).containsExactly(50, 50, 80, 100);
        }
    }

    @Test
    void aReceiverThatFailsIsTriedAgainUntilItTakesTheAlert() {
        receiver.on(HOOK, Script.answer(500, "broken"), Script.rawThenReset(""), Script.answer(204, ""));
        try (TestAppliance appliance = builder(directory.resolve("data")).start()) {
            String key = budget(appliance);
            spend(appliance, key, 5);
            receiver.awaitRequests(1);
            assertThat(appliance.ctl("status").code()).isZero();
            // to the next attempt, and the one after it
            awaitRequests(appliance, 2);
            awaitRequests(appliance, 3);
            assertThat(thresholds()).containsExactly(50, 50, 50);
            assertThat(receiver.requests().stream().map(r -> r.header("x-llmproxy-alert")))
                    .hasSize(3)
                    .containsOnly(receiver.lastRequest().header("x-llmproxy-alert"));
        }
    }

    private void awaitRequests(TestAppliance appliance, int count) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (receiver.requests().size() < count && System.nanoTime() < end) {
            appliance.clock().advance(Duration.ofSeconds(10));
            java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
        }
        assertThat(receiver.requests()).hasSizeGreaterThanOrEqualTo(count);
    }

    @Test
    void anAlertThatNobodyTookIsSentAfterAKillAndToldOnce() throws IOException {
        Path place = ServerJvm.newDirectory();
        String key;
        try (TestAppliance before = builder(place).start()) {
            key = budget(before);
        }
        receiver.on(HOOK, Script.silence());
        try (ServerJvm killed = ServerJvm.start(
                place,
                "true",
                "-Xmx128m",
                "alerts.webhook.url=" + receiver.origin() + HOOK,
                "alerts.webhook.secret-file=" + secret)) {
            try (Http http = new Http(killed.gateway(), key)) {
                for (int i = 0; i < 5; i++) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
            }
            receiver.awaitRequests(1);
            killed.kill();
            receiver.on(HOOK, Script.answer(200, ""));
            try (TestAppliance next = builder(place).start()) {
                next.clock().advance(Duration.ofMinutes(3));
                receiver.awaitRequests(2);
                spend(next, key, 3);
                receiver.awaitRequests(3);
                assertThat(thresholds()).containsExactly(50, 50, 80);
                assertThat(receiver.requests().stream()
                                .map(r -> r.header("x-llmproxy-alert"))
                                .distinct())
                        .hasSize(2);
            }
        }
    }

    @Test
    void twoProcessesOnOneDatabaseTellOnceWhatTheySpendTogether() throws Exception {
        String url = PostgresServer.freshDatabase();
        String master = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        try (TestAppliance one = builder(directory.resolve("one"))
                        .set("database.url", url)
                        .set("database.user", PostgresServer.USER)
                        .environment("LLMPROXY_MASTER_KEY", master)
                        .start();
                TestAppliance two = builder(directory.resolve("two"))
                        .set("database.url", url)
                        .set("database.user", PostgresServer.USER)
                        .environment("LLMPROXY_MASTER_KEY", master)
                        .start()) {
            String key = budget(one);
            spendOfShares(one, key, 3);
            // the limit was the last that was set: the other process has all of it
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (!two.ctl("-t", "acme", "limit", "list").out().contains("cost") && System.nanoTime() < end) {
                java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
            }
            spendOfShares(two, key, 2);
            receiver.awaitRequests(1);
            spendOfShares(one, key, 2);
            spendOfShares(two, key, 1);
            receiver.awaitRequests(2);
            assertThat(thresholds()).containsExactly(50, 80);
        }
    }

    /** A process refuses for the moment where its next share of the budget is late: the client tries again. */
    private static void spendOfShares(TestAppliance appliance, String key, int requests) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        try (Http http = new Http(appliance.gateway(), key)) {
            for (int done = 0; done < requests; ) {
                int status = http.chat().statusCode();
                assertThat(status).isIn(200, 402);
                assertThat(System.nanoTime()).isLessThan(end);
                done += status == 200 ? 1 : 0;
            }
        }
    }

    @Test
    void withoutAWebhookAlertsAreCounted() {
        try (TestAppliance appliance = TestAppliance.builder()
                        .directory(directory.resolve("data"))
                        .start();
                Http admin = new Http(
                        java.net.URI.create(String.valueOf(appliance.appliance().adminUrl())), "none")) {
            String key = budget(appliance);
            spend(appliance, key, 5);
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            // of each metric there is a zero from the start, from which it rises
            java.util.regex.Pattern counted =
                    java.util.regex.Pattern.compile("llmproxy_budget_alerts_total\\{[^}]*threshold=\"50\"[^}]*} 1");
            while (!counted.matcher(admin.get("/metrics").body()).find() && System.nanoTime() < end) {
                java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
            }
            assertThat(admin.get("/metrics").body()).containsPattern(counted);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alerts.thresholds=0|alerts.thresholds",
                "alerts.thresholds=50,101|alerts.thresholds",
                "alerts.thresholds=half|alerts.thresholds",
                "alerts.webhook.url=ftp://x.example/|alerts.webhook.url",
                "alerts.webhook.url=/hook|alerts.webhook.url",
                "alerts.webhook.url=https://u:p@x.example/|alerts.webhook.url",
                "alerts.webhook.url=https://x.example/|alerts.webhook.secret-file",
                "alerts.webhook.secret-file=/tmp/x|alerts.webhook.url",
                "alerts.webhook.timeout=0|alerts.webhook.timeout",
                "alerts.webhook.retry-for=forever|alerts.webhook.retry-for",
                "alerts.webhok.url=https://x.example/|alerts.webhook.url",
            })
    void settingsThatMakeNoSense(String set, String named) {
        int equals = set.indexOf('=');
        assertThatThrownBy(() -> TestAppliance.builder()
                        .directory(directory.resolve("bad"))
                        .set(set.substring(0, equals), set.substring(equals + 1))
                        .tryStart()
                        .close())
                .hasMessageContaining(named)
                .hasMessageNotContaining("u:p@");
    }

    @Test
    void aSecretThatIsNotThereOrTooShortIsAFaultAtTheStart() throws IOException {
        Files.writeString(secret, "short");
        assertThatThrownBy(() -> builder(directory.resolve("bad")).tryStart().close())
                .hasMessageContaining("alerts.webhook.secret-file")
                .hasMessageContaining("fewer than 16");
        Files.delete(secret);
        assertThatThrownBy(() -> builder(directory.resolve("bad")).tryStart().close())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("cannot be read");
    }
}
