package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RedisCalls;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client's request costs Redis. */
class RedisCallsTest {
    private static final int REQUESTS = 60;
    /** Of limits that count in a window, which is what {@code take.lua} alone reads with one command for all of them. */
    private static final String TAKEN = "mget";

    private static boolean up(TestAppliance appliance) {
        return appliance.ctl("status", "-o", "json").value().matches("(?s).*\"countersState\": *\"up\".*");
    }

    private static long used(TestAppliance appliance, String limit) {
        String line = appliance
                .ctl("limit", "usage")
                .value()
                .lines()
                .filter(l -> l.contains(limit))
                .findFirst()
                .orElse("");
        return line.contains(" " + REQUESTS + " ") ? REQUESTS : 0;
    }

    /** One after another, so that none of them shares a call with another. */
    @Test
    void aRequestTakesOfAllItsLimitsInOneCallAndIsSettledInOne() throws InterruptedException {
        try (FakeProvider upstream = FakeProvider.start();
                RedisServer redis = RedisServer.start();
                RedisCalls calls = new RedisCalls(redis);
                TestAppliance appliance = TestAppliance.builder()
                        .limits()
                        .set("redis.url", redis.url())
                        .set("redis.on-failure", "local")
                        .set("limits.user.requests", "1000")
                        .start();
                Http client = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()))) {
            for (List<String> limit : List.of(
                    List.of("tenant", "tokens", "day"),
                    List.of("key", "output-tokens", "hour"),
                    List.of("provider=up", "requests", "minute"),
                    List.of("model", "requests", "hour"))) {
                appliance
                        .ctl(
                                "-t",
                                "acme",
                                "limit",
                                "set",
                                "--scope",
                                limit.get(0),
                                "--metric",
                                limit.get(1),
                                "--amount",
                                "900000000",
                                "--per",
                                limit.get(2))
                        .value();
            }
            Eventually.holds("Redis is up", () -> up(appliance));
            calls.forget();
            long began = System.nanoTime();
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(client.chat().statusCode()).isEqualTo(200);
            }
            long seconds = (System.nanoTime() - began) / 1_000_000_000;
            long scripts = calls.scripts();
            long taken = calls.of(TAKEN);
            // some may have been late on a busy machine, and the rest of a failed test is not to be hidden by that
            assertThat(taken).isBetween(REQUESTS / 2L, (long) REQUESTS);
            // one to take, one at most to settle; a beat every two seconds, or every fifth of one while it is away
            assertThat(scripts).isLessThanOrEqualTo(2L * REQUESTS + 5 * (seconds + 1));
            Eventually.holds("all are counted", () -> used(appliance, "config:tenant") == REQUESTS);
        }
    }
}
