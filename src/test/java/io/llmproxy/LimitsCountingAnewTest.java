package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits that are made to count in another way forgive nothing of what was used. */
class LimitsCountingAnewTest {
    private static final int AMOUNT = 3;

    /** Those that are all tenants' alike have the days of each. */
    @ParameterizedTest
    @CsvSource({"-t acme, tenant", "'', tenant", "-t acme, key=dev"})
    void inMemory(String owner, String scope) throws InterruptedException {
        try (FakeProvider upstream = FakeProvider.start();
                TestAppliance appliance = TestAppliance.start()) {
            check(appliance, upstream, owner, scope);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t acme", ""})
    void inRedis(String owner) throws InterruptedException {
        try (FakeProvider upstream = FakeProvider.start();
                RedisServer redis = RedisServer.start();
                TestAppliance appliance =
                        TestAppliance.builder().set("redis.url", redis.url()).start()) {
            check(appliance, upstream, owner, "tenant");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t acme", ""})
    void byLeases(String owner) throws InterruptedException {
        try (FakeProvider upstream = FakeProvider.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("database.url", PostgresServer.freshDatabase())
                        .set("database.user", PostgresServer.USER)
                        .start()) {
            check(appliance, upstream, owner, "tenant");
        }
    }

    private static void check(TestAppliance appliance, FakeProvider upstream, String owner, String scope)
            throws InterruptedException {
        String key = appliance.tenantWithKey("acme", upstream.baseUrl());
        String limit = owner + " limit set --scope " + scope + " --metric requests --per day --amount " + AMOUNT;
        ctl(appliance, limit);
        try (Http http = new Http(appliance.gateway(), key)) {
            for (int i = 0; i < AMOUNT; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            assertThat(http.chat().statusCode()).isEqualTo(429);
            Eventually.holds(
                    "the ledger has them",
                    () -> ctl(appliance, "-t acme usage report --by tenant -o csv")
                            .contains("," + (AMOUNT + 1) + ",1,")); // one was refused
            for (String way : new String[] {"sliding-window", "sliding-window --segments 12", "token-bucket"}) {
                ctl(appliance, limit + " --algorithm " + way);
                assertUsedUp(appliance, http, owner, way);
            }
            ctl(appliance, limit + " --algorithm fixed-window");
            assertUsedUp(appliance, http, owner, "fixed-window");
            // a moment ago is today everywhere
            for (String zone : new String[] {"Europe/Berlin", "UTC", "Europe/Berlin"}) {
                ctl(appliance, "tenant update acme --time-zone " + zone);
                assertUsedUp(appliance, http, owner, zone);
            }
            assertThat(upstream.requests()).hasSize(AMOUNT);
        }
    }

    @Test
    void whatGoesOnCountingStaysReset() {
        try (FakeProvider upstream = FakeProvider.start();
                TestAppliance appliance = TestAppliance.start()) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            String total = ctl(
                            appliance, "-t acme limit set --scope tenant --metric requests --per total --amount 1 -q")
                    .strip();
            try (Http http = new Http(appliance.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
                assertThat(http.chat().statusCode()).isEqualTo(429);
                ctl(appliance, "-t acme limit reset " + total + " --yes");
                ctl(appliance, "tenant update acme --time-zone Europe/Berlin");
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    /** Stores that are a round trip away are told in the background. */
    private static void assertUsedUp(TestAppliance appliance, Http http, String owner, String what)
            throws InterruptedException {
        Eventually.holds(
                "used of " + what,
                () -> ctl(appliance, owner + " limit usage -o csv").contains("," + AMOUNT + "," + AMOUNT + ",0,"));
        assertThat(http.chat().statusCode()).as(what).isEqualTo(429);
    }

    private static String ctl(TestAppliance appliance, String line) {
        return appliance.ctl(line.strip().split(" ")).value();
    }
}
