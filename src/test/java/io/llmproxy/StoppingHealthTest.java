package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What a load balancer sees of a server that stops. */
class StoppingHealthTest {
    @Test
    void isNotReadyFromTheBeginOfAStopOnWhileRequestsFinish() {
        Gate gate = new Gate();
        try (FakeProvider up = FakeProvider.start();
                TestAppliance appliance =
                        TestAppliance.builder().set("shutdown.grace", "60s").start();
                Http client = new Http(appliance.gateway(), appliance.tenantWithKey("acme", up.baseUrl()));
                Http admin =
                        new Http(URI.create(String.valueOf(appliance.appliance().adminUrl())), "")) {
            up.on("/v1/chat/completions", c -> {
                gate.await();
                c.answer(
                        200,
                        "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json");
            });
            CompletableFuture<Integer> running =
                    CompletableFuture.supplyAsync(() -> client.chat().statusCode(), Thread::startVirtualThread);
            up.awaitRequests(1);
            assertThat(admin.get("/health/ready").statusCode()).isEqualTo(200);
            Thread stop = Thread.ofVirtual().start(appliance.appliance()::close);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (admin.get("/health/ready").statusCode() == 200) {
                assertThat(System.nanoTime()).as("still ready").isLessThan(end);
                LockSupport.parkNanos(5_000_000);
            }
            assertThat(admin.get("/health/live").statusCode()).isEqualTo(200);
            assertThat(admin.get("/health/started").statusCode()).isEqualTo(200);
            gate.open();
            assertThat(running.join()).isEqualTo(200);
            join(stop);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
