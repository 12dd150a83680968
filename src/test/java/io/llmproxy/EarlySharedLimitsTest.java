package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits that are counted in Redis and refuse before a body is read: these clients never send theirs. */
class EarlySharedLimitsTest {
    private static final String LARGE = "Content-Length: 10485760\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String EXPECTED = "Content-Length: 60\r\nExpect: 100-continue\r\n";
    private static final String SMALL = "Content-Length: 60\r\n";

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

    /** The status of a request whose body does not come; 0: the connection was reset, as a busy machine may do. */
    private static int withheld(TestAppliance appliance, String key, String framing) {
        try (Socket socket =
                new Socket(appliance.gateway().getHost(), appliance.gateway().getPort())) {
            socket.setSoTimeout(60_000);
            String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + key
                    + "\r\nContent-Type: application/json\r\n" + framing + "\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            byte[] begin = socket.getInputStream().readNBytes("HTTP/1.1 429".length());
            String line = new String(begin, StandardCharsets.US_ASCII);
            return line.length() < 12 ? 0 : Integer.parseInt(line.substring(9));
        } catch (IOException e) {
            return 0;
        }
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
