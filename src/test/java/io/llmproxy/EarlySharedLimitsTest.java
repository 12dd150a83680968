package io.llmproxy;

import static io.llmproxy.testing.Withheld.CHUNKED;
import static io.llmproxy.testing.Withheld.EXPECTED;
import static io.llmproxy.testing.Withheld.LARGE;
import static io.llmproxy.testing.Withheld.SMALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.Withheld;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits that are counted in Redis and refuse before a body is read: these clients never send theirs. */
class EarlySharedLimitsTest {
    private static FakeProvider upstream;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
    }

    @AfterAll
    static void stop() {
        upstream.close();
    }

    private static TestAppliance.Builder on(RedisServer redis) {
        return TestAppliance.builder().set("redis.url", redis.url()).set("redis.on-failure", "refuse");
    }

    /** The status of a request whose body does not come. */
    private static int withheld(TestAppliance appliance, String key, String framing) {
        return new Withheld(appliance, key).status("/v1/chat/completions", Duration.ofMinutes(1), framing);
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

    @Test
    void aBodyThatIsNotHereIsNotWaitedForWhereAnotherProcessUsedUpTheLimit() {
        try (RedisServer redis = RedisServer.start();
                TestAppliance one = hourly(redis);
                TestAppliance two = hourly(redis);
                Http first = new Http(one.gateway(), one.tenantWithKey("acme", upstream.baseUrl()))) {
            String key = two.tenantWithKey("acme", upstream.baseUrl());
            await(() -> first.chat().statusCode() == 429);
            int before = upstream.requests().size();
            for (String framing : new String[] {LARGE, CHUNKED, EXPECTED}) {
                // 503: on a busy machine Redis may not answer in time
                await(() -> withheld(two, key, framing) == 429);
            }
            assertThat(upstream.requests()).hasSize(before);
        }
    }

    private static TestAppliance hourly(RedisServer redis) {
        return on(redis)
                .set("limits.global.requests", "3")
                .set("limits.global.per", "hour")
                .set("limits.global.algorithm", "fixed-window")
                .start();
    }

    @Test
    void noBodyIsWaitedForWhereTheLimitIsKnownToBeNear() {
        try (RedisServer redis = RedisServer.start();
                TestAppliance appliance = hourly(redis)) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            try (Http http = new Http(appliance.gateway(), key)) {
                for (int i = 0; i < 3; i++) {
                    await(() -> http.chat().statusCode() == 200);
                }
                await(() -> withheld(appliance, key, SMALL) == 429);
                // longer than a refusal is remembered
                LockSupport.parkNanos(Duration.ofMillis(700).toNanos());
                await(() -> withheld(appliance, key, SMALL) == 429);
            }
        }
    }

    @Test
    void whatRunsAtOneTimeInAnotherProcessRefusesALargeBodyUnread() throws InterruptedException {
        Gate runs = new Gate();
        Gate gate = new Gate();
        try (FakeProvider slow = FakeProvider.start();
                RedisServer redis = RedisServer.start();
                TestAppliance one = on(redis).set("limits.concurrency", "1").start();
                TestAppliance two = on(redis).set("limits.concurrency", "1").start();
                Http first = new Http(one.gateway(), one.tenantWithKey("acme", slow.baseUrl()))) {
            String key = two.tenantWithKey("acme", slow.baseUrl());
            slow.on("/v1/embeddings", c -> {
                runs.open();
                gate.await();
                c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            });
            try (Http second = new Http(two.gateway(), key)) {
                await(() -> first.chat().statusCode() == 200);
                await(() -> second.chat().statusCode() == 200);
                Thread running = Thread.ofVirtual()
                        .start(() -> await(() -> first.post("/v1/embeddings", "{\"model\":\"embed\",\"input\":\"hi\"}")
                                        .statusCode()
                                == 200));
                runs.await();
                await(() -> withheld(two, key, LARGE) == 429);
                gate.open();
                running.join();
                await(() -> second.chat().statusCode() == 200);
            }
        }
    }
}
