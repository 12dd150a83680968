package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.limit.PassedLimitLog;
import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits as operators set them and clients meet them, in a running appliance. */
class LimitsApplianceTest {
    private static LimitCommands commands;

    @BeforeAll
    static void start() {
        commands = LimitCommands.start("limits.user.requests=1000");
    }

    @AfterAll
    static void stop() {
        commands.close();
    }

    @Test
    void aLimitIsSetMetShownRaisedResetAndDeleted() {
        try (Http http = commands.tenant("life")) {
            String id = commands.set("life", "key", "requests", "2", "hour");
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
            assertThat(commands.ctl("life", "usage").value()).contains(id).contains("dev");
            assertThat(commands.ctl("life", "usage", id, "-q").value().strip()).isEqualTo(id);
            assertThat(commands.ctl("life", "usage", "nothing").err()).contains("nothing");
            assertThat(commands.set("life", "key", "requests", "3", "hour")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(commands.ctl("life", "reset", id, "--yes").code()).isZero();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(commands.set("life", "key", "requests", "1", "hour")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(commands.ctl("life", "show", id, "-o", "json").value()).contains("\"amount\": \"1\"");
            assertThat(commands.ctl("life", "delete", id, "--yes").code()).isZero();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(commands.ctl("life", "show", id).code()).isEqualTo(4);
            assertThat(commands.appliance()
                            .ctl("-t", "life", "usage", "report", "--by", "tenant")
                            .code())
                    .isZero();
        }
    }

    @Test
    void aBudgetIsRefusedWith402AndSaysNotToTryAgain() {
        try (Http http = commands.tenant("budget")) {
            commands.appliance()
                    .ctl("tenant", "update", "budget", "--max-tokens-per-day", "10")
                    .value();
            int before = commands.upstream().requests().size();
            HttpResponse<String> refused = http.chat();
            assertThat(refused.statusCode()).isEqualTo(402);
            assertThat(Http.error(refused)).isEqualTo("insufficient_quota/budget_exceeded");
            assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
            assertThat(refused.headers().firstValue("retry-after")).isEmpty();
            assertThat(commands.upstream().requests()).hasSize(before);
        }
    }

    @Test
    void aKeyIsGoodForSoManyRequests() {
        try (Http http = commands.tenant("count")) {
            commands.appliance()
                    .ctl("-t", "count", "key", "update", "dev", "--max-requests", "1")
                    .value();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            assertThat(commands.appliance()
                            .ctl("-t", "count", "key", "show", "dev")
                            .value())
                    .contains("Max requests");
        }
    }

    @Test
    void statusNamesEachUsedUpBudgetByItsKeyButNoneOfAKeyThatIsRevoked() throws InterruptedException {
        try (TestAppliance appliance = TestAppliance.builder().limits().start()) {
            String gone = appliance.tenantWithKey("acme", commands.upstream().baseUrl());
            for (String name : new String[] {"ci", "batch"}) {
                String secret = appliance
                        .ctl("-t", "acme", "key", "create", name, "--max-requests", "1", "-q")
                        .value();
                assertThat(new Http(appliance.gateway(), secret).chat().statusCode())
                        .isEqualTo(200);
            }
            appliance
                    .ctl("-t", "acme", "key", "update", "dev", "--max-requests", "1")
                    .value();
            assertThat(new Http(appliance.gateway(), gone).chat().statusCode()).isEqualTo(200);
            appliance
                    .ctl("-t", "acme", "key", "revoke", "dev", "--now", "--yes")
                    .value();
            Eventually.holds(
                    "both budgets are named",
                    () -> appliance.ctl("status").value().contains("2 budgets are nearly or wholly used up: "));
            assertThat(appliance.ctl("status").value())
                    .contains("1 of 1 requests per total of key `ci`", "1 of 1 requests per total of key `batch`")
                    .contains("`llmproxyctl key update --max-requests` raises them")
                    .doesNotContain("`dev`");
            for (String verb : new String[] {"list", "usage"}) {
                assertThat(appliance
                                .ctl("-t", "acme", "limit", verb, "-o", "jsonl")
                                .value())
                        .as(verb)
                        .contains("\"subject\":\"ci\"", "\"subject\":\"batch\"", "\"subject\":\"dev\"");
            }
        }
    }

    @Test
    void limitsOfTheConfigurationShowAndCannotBeDeleted() {
        assertThat(commands.appliance().ctl("quota", "list").value())
                .contains("config:global", "config:tenant", "config:user", "config:ip", "config:concurrency");
        Ctl ctl = commands.appliance().ctl("limit", "delete", "config:ip", "--yes");
        assertThat(ctl.code()).isEqualTo(5);
        assertThat(ctl.err()).contains("configuration");
    }

    @Test
    void thisMachineIsNotHeldToTheLimitOfAddresses() {
        try (Http http = commands.tenant("near")) {
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
        try (Http http = commands.tenant("warned")) {
            commands.ctl(
                            "warned",
                            "set",
                            "--scope",
                            "key",
                            "--metric",
                            "requests",
                            "--amount",
                            "1",
                            "--per",
                            "day",
                            "--soft")
                    .value();
            commands.ctl(
                            "warned",
                            "set",
                            "--scope",
                            "user",
                            "--metric",
                            "tokens",
                            "--amount",
                            "1",
                            "--per",
                            "day",
                            "--shadow")
                    .value();
            for (int i = 0; i < 3; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            String usage = commands.ctl("warned", "usage", "-o", "json").value();
            assertThat(usage)
                    .containsPattern("\"scope\": \"key\"[^}]*\"passed\": 2\\b")
                    .containsPattern("\"scope\": \"user\"[^}]*\"metric\": \"tokens\"[^}]*\"passed\": 3\\b");
            assertThat(commands.appliance().ctl("status", "-o", "json").value())
                    .containsPattern("\"softLimitsPassed\": [2-9]")
                    .containsPattern("\"shadowLimitsPassed\": [3-9]")
                    .contains("\"bodyMemory\": 0");
            assertThat(commands.appliance().ctl("status").value()).contains("would have been refused by shadow ones");
            awaitTrue(() -> said.stream().anyMatch(s -> s.startsWith("event 6103"))
                    && said.stream().anyMatch(s -> s.startsWith("event 6104")));
            assertThat(said).allMatch(s -> s.contains(", the last one of `dev` ("));
        } finally {
            logger.removeHandler(recorder);
            logger.setLevel(before);
        }
    }

    @Test
    void theInstallationsOwnLimitsTellWhoseUseItIs() {
        TestAppliance appliance = commands.appliance();
        String key = appliance.tenantWithKey("known", commands.upstream().baseUrl());
        String ann = appliance
                .ctl("-t", "known", "user", "create", "ann@known.example", "-q")
                .value();
        String hers = appliance
                .ctl("-t", "known", "key", "create", "hers", "--user", "ann@known.example", "-q")
                .value();
        try (Http http = new Http(appliance.gateway(), hers);
                Http other = new Http(appliance.gateway(), key)) {
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(other.chat().statusCode()).isEqualTo(200);
        }
        assertThat(appliance.ctl("limit", "usage").value())
                .containsPattern("config:user +user +ann@known\\.example +requests")
                .containsPattern("config:user +user +dev +requests")
                .doesNotContain(ann);
        assertThat(appliance.ctl("limit", "usage", "-o", "json").value())
                .contains("\"subject\": \"" + ann + "\",\n    \"subjectName\": \"ann@known.example\"")
                .contains("\"subject\": \"dev\",\n    \"subjectName\": \"dev\"");
        assertThat(appliance.ctl("limit", "usage", "-o", "csv").value())
                .startsWith("id,scope,subject,metric,per,amount,used,remaining,passed,subjectName")
                .containsPattern("config:user,user," + ann + ",requests,.*,ann@known.example");
        assertThat(appliance.ctl("-t", "known", "limit", "usage", "-o", "json").value())
                .contains("\"subject\": \"ann@known.example\",\n    \"subjectName\": \"ann@known.example\"");
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

    @Test
    void moneyIsALimitInDollars() {
        try (Http http = commands.tenant("money")) {
            commands.appliance()
                    .ctl("-t", "money", "price", "set", "gpt-4o", "--per-request", "0.75")
                    .value();
            String id = commands.set("money", "user", "cost", "1.50", "month");
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            HttpResponse<String> refused = http.chat();
            assertThat(refused.statusCode()).isEqualTo(402);
            assertThat(Http.error(refused)).isEqualTo("insufficient_quota/budget_exceeded");
            assertThat(Http.json(refused).at("/error/limit/id").asString()).isEqualTo(id);
            assertThat(Http.json(refused).at("/error/limit/metric").asString()).isEqualTo("cost");
            assertThat(Http.json(refused).at("/error/limit/amount").asString()).isEqualTo("1.5");
            assertThat(Http.json(refused).at("/error/message").asString()).contains("1.5 USD per month");
            assertThat(commands.ctl("money", "usage", "-o", "csv").value()).contains(",cost,month,1.5,1.5,0");
            assertThat(commands.ctl("money", "show", id, "-o", "json").value()).contains("\"amount\": \"1.5\"");
            assertThat(commands.appliance()
                            .ctl("-t", "money", "audit", "list", "-o", "json")
                            .out())
                    .doesNotContain("1500000");
            assertThat(commands.set("money", "user", "cost", "2.25", "month")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(402);
        }
    }
}
