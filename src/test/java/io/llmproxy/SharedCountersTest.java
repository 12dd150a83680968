package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appliances that count limits in one Redis. */
class SharedCountersTest {
    private static final int LIMIT = 200;
    private static FakeProvider upstream;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
    }

    @AfterAll
    static void stop() {
        upstream.close();
    }

    private static TestAppliance.Builder on(RedisServer redis, String onFailure) {
        return TestAppliance.builder()
                .set("redis.url", redis.url())
                .set("redis.on-failure", onFailure)
                .set("limits.global.requests", String.valueOf(LIMIT))
                .set("limits.global.per", "hour")
                .set("limits.global.algorithm", "fixed-window")
                .set("limits.concurrency", "100");
    }

    private static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("it did not come to be within a minute");
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static String status(TestAppliance appliance) {
        return appliance.ctl("status", "-o", "json").value().replaceAll("\\s+", "");
    }

    /** A hard limit is spent to the last request, and not passed by one. */
    @Test
    void twoProcessesSpendALimitTogether() throws InterruptedException {
        try (RedisServer redis = RedisServer.start();
                TestAppliance one = on(redis, "refuse").start();
                TestAppliance two = on(redis, "refuse").start();
                Http first = new Http(one.gateway(), one.tenantWithKey("acme", upstream.baseUrl()));
                Http second = new Http(two.gateway(), two.tenantWithKey("acme", upstream.baseUrl()))) {
            await(() -> status(one).contains("\"countersState\":\"up\""));
            await(() -> status(two).contains("\"countersState\":\"up\""));
            AtomicInteger granted = new AtomicInteger();
            AtomicInteger unanswered = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (Http http : List.of(first, second, first, second, first, second, first, second)) {
                threads.add(Thread.ofVirtual().start(() -> {
                    int refused = 0;
                    while (refused < 5) {
                        int code = http.chat().statusCode();
                        // 503: on a busy machine Redis may not answer in time
                        assertThat(code).isIn(200, 429, 503);
                        granted.addAndGet(code == 200 ? 1 : 0);
                        unanswered.addAndGet(code == 503 ? 1 : 0);
                        refused += code == 429 ? 1 : 0;
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            // what Redis granted too late was given back and may be had once more, but a request that was refused for
            // that was an
            // attempt, which global limits count
            await(() -> {
                int code = first.chat().statusCode();
                granted.addAndGet(code == 200 ? 1 : 0);
                unanswered.addAndGet(code == 503 ? 1 : 0);
                return granted.get() + unanswered.get() >= LIMIT;
            });
            await(() -> second.chat().statusCode() == 429);
            assertThat(granted.get()).isBetween(LIMIT - unanswered.get(), LIMIT);
            await(() -> status(one).contains("\"countersProcesses\":2"));
            assertThat(status(one)).contains("\"counters\":\"redis\"");
            assertThat(one.ctl("limit", "usage").value()).contains("config:global", "200");
            await(() -> one.ctl("limit", "reset", "config:global", "--yes").code() == 0);
            await(() -> second.chat().statusCode() == 200);
            assertThat(redis.command("EXISTS {llmproxy}:c:config.global:hour-w:s-"))
                    .isEqualTo(":1");
        }
    }

    /** On a busy machine Redis may be late for all requests of a proof, which proves nothing then. */
    @Test
    void limitsThatRedisCountsAreProven() {
        try (RedisServer redis = RedisServer.start();
                TestAppliance appliance = on(redis, "refuse").start()) {
            await(() -> status(appliance).contains("\"countersState\":\"up\""));
            await(() -> {
                String[] prove = {"prove", "limits", "--requests", "300", "--parallel", "20", "-o", "json"};
                TestAppliance.Ctl proof = appliance.ctl(prove);
                assertThat(proof.out()).contains("\"store\": \"redis\"");
                return proof.code() == 0;
            });
            assertThat(redis.command("KEYS {llmproxy}:c:*")).isEqualTo("*0");
        }
    }

    @Test
    void aRedisThatGoesAndComesIsSurvivedAndSaid() {
        try (RedisServer redis = RedisServer.start();
                TestAppliance appliance = on(redis, "local").start();
                Http http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()))) {
            assertThat(http.chat().statusCode()).isEqualTo(200);
            redis.kill();
            await(() -> status(appliance).contains("Redisisaway"));
            assertThat(status(appliance)).contains("\"countersState\":\"away\"", "redis.on-failure");
            try (Http admin =
                    new Http(URI.create(String.valueOf(appliance.appliance().adminUrl())), "none")) {
                assertThat(admin.get("/metrics").body())
                        .containsPattern("llmproxy_redis_up[^\n]* 0")
                        .containsPattern("llmproxy_redis_processes[^\n]* 1");
            }
            HttpResponse<String> answer = http.chat();
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("x-ratelimit-limit-requests"))
                    .contains(String.valueOf(LIMIT));
            redis.again();
            await(() -> status(appliance).contains("\"problems\":[]"));
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whoeverTriesKeysUsesUpWhatAllShare() {
        try (RedisServer redis = RedisServer.start();
                TestAppliance appliance =
                        on(redis, "refuse").set("limits.global.requests", "3").start()) {
            await(() -> status(appliance).contains("\"countersState\":\"up\""));
            try (Http stranger = new Http(appliance.gateway(), "llmp_" + "x".repeat(43))) {
                assertThat(stranger.chat().statusCode()).isIn(401, 503);
                await(() -> stranger.chat().statusCode() == 429);
            }
        }
    }

    @Test
    void refusesWhereItIsToldTo() {
        try (RedisServer redis = RedisServer.start();
                TestAppliance appliance = on(redis, "refuse").start();
                Http http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()))) {
            redis.kill();
            await(() -> status(appliance).contains("Redisisaway"));
            HttpResponse<String> answer = http.chat();
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(Http.error(answer)).startsWith("overloaded_error/");
            assertThat(answer.body()).contains("limits");
        }
    }

    @Test
    void aPasswordComesFromAFile(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("password"), "secret word\n");
        try (RedisServer redis = RedisServer.start("--requirepass", "secret word");
                TestAppliance right = on(redis, "local")
                        .set("redis.password-file", file.toString())
                        .start();
                TestAppliance none = on(redis, "local").start()) {
            await(() -> status(right).contains("\"countersState\":\"up\""));
            assertThat(status(none)).contains("redis.password-file").contains("\"countersState\":\"away\"");
        }
    }
}
