package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits as operators set them and clients meet them, in a running appliance. */
class LimitsApplianceTest {
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
                "user|cost|1.50|day|metric",
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

    private static void tenantOnce(String name) {
        appliance.ctl("tenant", "create", name);
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
