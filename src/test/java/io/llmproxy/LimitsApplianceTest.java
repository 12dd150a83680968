package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.limit.PassedLimitLog;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits as operators set them and clients meet them, in a running appliance. */
class LimitsApplianceTest {
    private static final String CHAT = "/v1/chat/completions";
    private static FakeProvider upstream;
    private static TestAppliance appliance;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.builder()
                .limits()
                .set("limits.user.requests", "1000")
                .start();
    }

    @AfterAll
    static void stop() {
        appliance.close();
        upstream.close();
    }

    private static Http tenant(String name) {
        return new Http(appliance.gateway(), appliance.tenantWithKey(name, upstream.baseUrl()));
    }

    private static Ctl limit(String tenant, String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "-t";
        all[1] = tenant;
        all[2] = "limit";
        System.arraycopy(args, 0, all, 3, args.length);
        return appliance.ctl(all);
    }

    private static String set(String tenant, String scope, String metric, String amount, String per) {
        return limit(tenant, "set", "--scope", scope, "--metric", metric, "--amount", amount, "--per", per, "-q")
                .value();
    }

    @Test
    void aLimitIsSetMetShownRaisedResetAndDeleted() {
        try (Http http = tenant("life")) {
            String id = set("life", "key", "requests", "2", "hour");
            assertThat(http.chat().headers().firstValue("x-ratelimit-remaining-requests"))
                    .contains("1");
            http.chat();
            HttpResponse<String> refused = http.chat();
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(Http.error(refused)).isEqualTo("rate_limit_error/rate_limit_exceeded");
            assertThat(Http.json(refused).at("/error/limit/id").asString()).isEqualTo(id);
            assertThat(Http.json(refused).at("/error/limit/scope").asString()).isEqualTo("key");
            assertThat(Http.json(refused).at("/error/limit/period").asString()).isEqualTo("hour");
            assertThat(Http.json(refused).at("/error/limit/amount").asLong()).isEqualTo(2);
            long wait = Http.json(refused).path("retryAfterSeconds").asLong();
            assertThat(wait).isBetween(1L, 3600L);
            assertThat(refused.headers().firstValueAsLong("retry-after").orElse(0))
                    .isEqualTo(wait);
            assertThat(refused.headers().firstValue("x-ratelimit-policy").orElse(""))
                    .contains("per-key");
            assertThat(limit("life", "usage").value()).contains(id).contains("dev");
            assertThat(set("life", "key", "requests", "3", "hour")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(limit("life", "reset", id, "--yes").code()).isZero();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(set("life", "key", "requests", "1", "hour")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(limit("life", "show", id, "-o", "json").value()).contains("\"amount\": \"1\"");
            assertThat(limit("life", "delete", id, "--yes").code()).isZero();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(limit("life", "show", id).code()).isEqualTo(4);
            assertThat(appliance
                            .ctl("-t", "life", "usage", "report", "--by", "tenant")
                            .code())
                    .isZero();
        }
    }

    @Test
    void aBudgetIsRefusedWith402AndSaysNotToTryAgain() {
        try (Http http = tenant("budget")) {
            appliance
                    .ctl("tenant", "update", "budget", "--max-tokens-per-day", "10")
                    .value();
            int before = upstream.requests().size();
            HttpResponse<String> refused = http.chat();
            assertThat(refused.statusCode()).isEqualTo(402);
            assertThat(Http.error(refused)).isEqualTo("insufficient_quota/budget_exceeded");
            assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
            assertThat(refused.headers().firstValue("retry-after")).isEmpty();
            assertThat(upstream.requests()).hasSize(before);
        }
    }

    @Test
    void aKeyIsGoodForSoManyRequests() {
        try (Http http = tenant("count")) {
            appliance
                    .ctl("-t", "count", "key", "update", "dev", "--max-requests", "1")
                    .value();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(appliance.ctl("-t", "count", "key", "show", "dev").value())
                    .contains("Max requests");
        }
    }

    @Test
    void limitsOfTheConfigurationShowAndCannotBeDeleted() {
        assertThat(appliance.ctl("quota", "list").value())
                .contains("config:global", "config:tenant", "config:user", "config:ip", "config:concurrency");
        Ctl ctl = appliance.ctl("limit", "delete", "config:ip", "--yes");
        assertThat(ctl.code()).isEqualTo(5);
        assertThat(ctl.err()).contains("configuration");
    }

    @Test
    void provesUnderLoadThatLimitsHoldAndLeavesNothingBehind() {
        String usage =
                appliance.ctl("usage", "report", "--by", "tenant", "-o", "json").value();
        Ctl proof = appliance.ctl("prove", "limits", "--requests", "1000", "--parallel", "100", "-o", "json");
        assertThat(proof.code()).as(proof.out() + proof.err()).isZero();
        assertThat(proof.out()).contains("\"holds\": true", "\"store\": \"memory\"", "\"concurrency\"");
        assertThat(proof.out()).doesNotContain("\"refused\": 0,", "\"answered\": 0,", "\"failed\": 0,");
        assertThat(appliance
                        .ctl("usage", "report", "--by", "tenant", "-o", "json")
                        .value())
                .isEqualTo(usage);
        assertThat(appliance.ctl("tenant", "show", "proof").code()).isEqualTo(4);
        Ctl table = appliance.ctl("prove", "limits", "--requests", "50", "--parallel", "5");
        assertThat(table.value()).containsIgnoringCase("granted").containsIgnoringCase("used");
        assertThat(table.err()).contains("holds");
    }

    @ParameterizedTest
    @CsvSource({"--requests,0", "--requests,1000001", "--parallel,0", "--parallel,10001"})
    void refusesAProofOfNothingAndOneWithoutEnd(String option, String value) {
        Ctl refused = appliance.ctl("prove", "limits", option, value);
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("must be from 1 to");
    }

    @Test
    void thisMachineIsNotHeldToTheLimitOfAddresses() {
        try (Http http = tenant("near")) {
            for (int i = 0; i < 60; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void softAndShadowLimitsAreCountedAndSaidInTheLog() {
        Logger logger = Logger.getLogger(PassedLimitLog.class.getName());
        List<String> said = new CopyOnWriteArrayList<>();
        Handler recorder = recorder(said);
        Level before = logger.getLevel();
        logger.setLevel(Level.INFO);
        logger.addHandler(recorder);
        try (Http http = tenant("warned")) {
            limit("warned", "set", "--scope", "key", "--metric", "requests", "--amount", "1", "--per", "day", "--soft")
                    .value();
            limit("warned", "set", "--scope", "user", "--metric", "tokens", "--amount", "1", "--per", "day", "--shadow")
                    .value();
            for (int i = 0; i < 3; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            String usage = limit("warned", "usage", "-o", "json").value();
            assertThat(usage)
                    .containsPattern("\"scope\": \"key\"[^}]*\"passed\": 2\\b")
                    .containsPattern("\"scope\": \"user\"[^}]*\"metric\": \"tokens\"[^}]*\"passed\": 3\\b");
            assertThat(appliance.ctl("status", "-o", "json").value())
                    .containsPattern("\"softLimitsPassed\": [2-9]")
                    .containsPattern("\"shadowLimitsPassed\": [3-9]")
                    .contains("\"bodyMemory\": 0");
            assertThat(appliance.ctl("status").value()).contains("would have been refused by shadow ones");
            awaitTrue(() -> said.stream().anyMatch(s -> s.startsWith("event 6103"))
                    && said.stream().anyMatch(s -> s.startsWith("event 6104")));
        } finally {
            logger.removeHandler(recorder);
            logger.setLevel(before);
        }
    }

    private static Handler recorder(List<String> messages) {
        return new Handler() {
            @Override
            public void publish(LogRecord record) {
                messages.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    private static void awaitTrue(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).isNegative();
            LockSupport.parkNanos(5_000_000);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "user|requests|0|hour|amount",
                "user|requests|-1|hour|amount",
                "user|requests|1.5|hour|amount",
                "user|requests|99999999999999999999|hour|amount",
                "user|requests|1e300|hour|amount",
                "user|requests|many|hour|amount",
                "nobody|requests|1|hour|scope",
                "user=|requests|1|hour|scope",
                "tenant=acme|requests|1|hour|scope",
                "ip=10.0.0.0/99|requests|1|hour|scope",
                "user|requests|1|fortnight|per",
                "user|smiles|1|hour|metric",
                "user|cost|0|day|amount",
                "user|cost|-1.50|day|amount",
                "user|cost|0.0000001|day|amount",
                "user|cost|1000000001|day|amount",
                "user|cost|$5|day|amount",
                "user|cost|1,50|day|amount",
                "user|cost|1.50||per",
            })
    void aLimitThatMakesNoSense(String scope, String metric, String amount, String per, String field) {
        tenantOnce("odd");
        Ctl ctl = limit("odd", "set", "--scope", scope, "--metric", metric, "--amount", amount, "--per", per);
        // 1: refused by the server, 2: by llmproxyctl, which knows the words
        assertThat(ctl.code()).as(ctl.err()).isBetween(1, 2);
        assertThat(ctl.err()).contains(field + ":");
    }

    @Test
    void aLimitOfSomebodyWhoDoesNotExist() {
        tenantOnce("odd");
        assertThat(limit(
                                "odd",
                                "set",
                                "--scope",
                                "user=x@y.example",
                                "--metric",
                                "requests",
                                "--amount",
                                "1",
                                "--per",
                                "day")
                        .code())
                .isEqualTo(4);
    }

    @Test
    void aTotalIsNoBucketAndConcurrencyHasNoPeriod() {
        tenantOnce("odd");
        Ctl bucket = limit(
                "odd",
                "set",
                "--scope",
                "key",
                "--metric",
                "requests",
                "--amount",
                "1",
                "--per",
                "total",
                "--algorithm",
                "token-bucket");
        assertThat(bucket.err()).contains("algorithm:");
        assertThat(limit("odd", "set", "--scope", "key", "--metric", "concurrency", "--amount", "1", "--per", "day")
                        .err())
                .contains("per:");
    }

    @Test
    void aClockThatJumpsGivesNobodyAnything() {
        try (Http http = tenant("clock")) {
            set("clock", "key", "requests", "2", "day");
            assertThat(http.chat().statusCode()).isEqualTo(200);
            appliance.clock().advance(Duration.ofHours(-30));
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            // the day that was left is found as it was
            appliance.clock().advance(Duration.ofHours(30));
            assertThat(http.chat().statusCode()).isEqualTo(200);
            for (int i = 0; i < 3; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(429);
                appliance.clock().advance(Duration.ofHours(-30));
                assertThat(http.chat().statusCode()).isEqualTo(429);
                appliance.clock().advance(Duration.ofHours(30));
            }
            // nor does it shut anybody out for longer than the period
            appliance.clock().advance(Duration.ofHours(25));
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aPeriodThatEndsInsideAStreamLeavesTheNextOneWhole() throws Exception {
        try (Http http = tenant("midnight")) {
            appliance
                    .ctl("tenant", "update", "midnight", "--max-output-tokens", "500")
                    .value();
            set("midnight", "key", "tokens", "1000", "day");
            Gate gate = heldStream();
            InputStream running = begun(http);
            assertThat(used("midnight")).isGreaterThan(500);
            appliance.clock().advance(Duration.ofDays(1));
            assertThat(used("midnight")).isZero();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            long second = used("midnight");
            gate.open();
            assertThat(new String(running.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("[DONE]");
            awaitQuiet();
            // what the stream used belongs to the day in which it began
            assertThat(used("midnight")).isEqualTo(second);
        } finally {
            upstream.restore(CHAT);
        }
    }

    @Test
    void aLimitIsLoweredRaisedAndDeletedWhileARequestRuns() throws Exception {
        try (Http http = tenant("moving")) {
            appliance
                    .ctl("tenant", "update", "moving", "--max-output-tokens", "500")
                    .value();
            String id = set("moving", "key", "tokens", "10000", "day");
            Gate gate = heldStream();
            InputStream running = begun(http);
            long reserved = used("moving");
            assertThat(set("moving", "key", "tokens", "1", "day")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(402);
            assertThat(set("moving", "key", "tokens", "100000", "day")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(set("moving", "key", "tokens", "1", "day")).isEqualTo(id);
            gate.open();
            // what runs is finished, whatever became of its limit
            assertThat(new String(running.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("[DONE]");
            awaitTrue(() -> used("moving") < reserved);
            assertThat(http.chat().statusCode()).isEqualTo(402);

            Gate second = heldStream();
            set("moving", "key", "tokens", "100000", "day");
            InputStream other = begun(http);
            limit("moving", "delete", id, "--yes").value();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            second.open();
            assertThat(new String(other.readAllBytes(), StandardCharsets.UTF_8)).contains("[DONE]");
        } finally {
            upstream.restore(CHAT);
        }
    }

    /** Streams wait behind their first event until the gate is opened; all else is answered. */
    private static Gate heldStream() {
        Gate gate = new Gate();
        upstream.on(CHAT, c -> {
            if (!c.request().text().contains("\"stream\":true")) {
                c.answer(
                        200,
                        "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"
                                .getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json");
                return;
            }
            c.head(200, "Content-Type", "text/event-stream");
            c.event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}");
            gate.await();
            c.event("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}");
            c.event("[DONE]");
            c.lastChunk();
        });
        return gate;
    }

    private static InputStream begun(Http http) throws IOException {
        HttpResponse<InputStream> answer = http.stream(CHAT, Http.CHAT_STREAM);
        assertThat(answer.statusCode()).isEqualTo(200);
        InputStream body = Objects.requireNonNull(answer.body());
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("first") < 0) {
            int b = body.read();
            assertThat(b).isNotNegative();
            seen.append((char) b);
        }
        return body;
    }

    /** Of the tenant's limit of tokens. */
    private static long used(String tenant) {
        Matcher used = Pattern.compile("\"metric\": \"tokens\"[^}]*\"used\": \"(\\d+)\"")
                .matcher(limit(tenant, "usage", "-o", "json").value());
        return used.find() ? Long.parseLong(used.group(1)) : 0;
    }

    private static void awaitQuiet() {
        awaitTrue(() -> appliance.ctl("status", "-o", "json").value().contains("\"requestsInFlight\": 0"));
    }

    @ParameterizedTest
    @CsvSource({
        "--max-requests-per-minute,-1", "--max-requests-per-day,many", "--max-tokens-per-day,99999999999999999999",
        "--max-tokens-per-day,1.5", "--max-output-tokens,-7", "--max-output-tokens,0"
    })
    void aSettingThatMakesNoSenseIsRefused(String option, String value) {
        tenantOnce("odd");
        Ctl ctl = appliance.ctl("tenant", "update", "odd", option, value);
        assertThat(ctl.code()).as(ctl.out() + ctl.err()).isBetween(1, 2);
        assertThat(ctl.err()).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1.5", "many", "99999999999999999999"})
    void aKeyForANumberOfRequestsThatMakesNoSenseIsRefused(String value) {
        tenantOnce("odd");
        Ctl ctl =
                appliance.ctl("-t", "odd", "key", "create", "k" + value.replaceAll("\\W", ""), "--max-requests", value);
        assertThat(ctl.code()).as(ctl.out() + ctl.err()).isBetween(1, 2);
    }

    private static void tenantOnce(String name) {
        appliance.ctl("tenant", "create", name);
    }

    @Test
    void moneyIsALimitInDollars() {
        try (Http http = tenant("money")) {
            appliance
                    .ctl("-t", "money", "price", "set", "gpt-4o", "--per-request", "0.75")
                    .value();
            String id = set("money", "user", "cost", "1.50", "month");
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            HttpResponse<String> refused = http.chat();
            assertThat(refused.statusCode()).isEqualTo(402);
            assertThat(Http.error(refused)).isEqualTo("insufficient_quota/budget_exceeded");
            assertThat(Http.json(refused).at("/error/limit/id").asString()).isEqualTo(id);
            assertThat(Http.json(refused).at("/error/limit/metric").asString()).isEqualTo("cost");
            assertThat(Http.json(refused).at("/error/limit/amount").asString()).isEqualTo("1.5");
            assertThat(Http.json(refused).at("/error/message").asString()).contains("1.5 USD per month");
            assertThat(limit("money", "usage", "-o", "csv").value()).contains(",cost,month,1.5,1.5,0");
            assertThat(limit("money", "show", id, "-o", "json").value()).contains("\"amount\": \"1.5\"");
            assertThat(appliance
                            .ctl("-t", "money", "audit", "list", "-o", "json")
                            .out())
                    .doesNotContain("1500000");
            assertThat(set("money", "user", "cost", "2.25", "month")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(402);
        }
    }

    @Test
    void moneyThatWasSpentIsFoundAgainAfterAStart(@TempDir Path temporary) {
        try (FakeProvider provider = FakeProvider.start()) {
            String key;
            try (TestAppliance first =
                    TestAppliance.builder().directory(temporary).start()) {
                key = first.tenantWithKey("spent", provider.baseUrl());
                first.ctl("-t", "spent", "price", "set", "gpt-4o", "--per-request", "0.000001")
                        .value();
                String[] limit = "-t spent limit set --metric cost --amount 0.000003 --scope".split(" ");
                for (String scope : new String[] {"tenant", "key=dev", "model=gpt-*"}) {
                    List<String> all = new ArrayList<>(List.of(limit));
                    all.addAll(List.of(scope, "--per", scope.equals("tenant") ? "day" : "total"));
                    first.ctl(all.toArray(String[]::new)).value();
                }
                try (Http http = new Http(first.gateway(), key)) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
            }
            try (TestAppliance second =
                            TestAppliance.builder().directory(temporary).start();
                    Http http = new Http(second.gateway(), key)) {
                assertThat(second.ctl("-t", "spent", "limit", "usage", "-o", "csv")
                                .value()
                                .split("0.000003,0.000002,"))
                        .hasSize(4);
                assertThat(http.chat().statusCode()).isEqualTo(200);
                assertThat(http.chat().statusCode()).isEqualTo(402);
            }
        }
    }

    @Test
    void whatWasUsedIsFoundAgainAfterAStart(@TempDir Path temporary) {
        try (FakeProvider provider = FakeProvider.start()) {
            String key;
            try (TestAppliance first =
                    TestAppliance.builder().directory(temporary).start()) {
                key = first.tenantWithKey("again", provider.baseUrl());
                first.ctl("-t", "again", "key", "update", "dev", "--max-requests", "3")
                        .value();
                try (Http http = new Http(first.gateway(), key)) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
            }
            try (TestAppliance second =
                            TestAppliance.builder().directory(temporary).start();
                    Http http = new Http(second.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
                assertThat(http.chat().statusCode()).isEqualTo(429);
                second.clock().advance(Duration.ofDays(400));
                assertThat(http.chat().statusCode()).isEqualTo(429);
            }
        }
    }
}
