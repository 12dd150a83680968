package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Providers that are asked how they are, without traffic. */
class ActiveChecksTest {
    private FakeProvider first;
    private FakeProvider second;
    private TestAppliance appliance;
    private Http client;

    @BeforeEach
    void setUp() {
        first = FakeProvider.start();
        second = FakeProvider.start();
        appliance = TestAppliance.builder().set("health.check", "1s").start();
        client = new Http(appliance.gateway(), appliance.tenantWithKey("acme", first.baseUrl()));
        appliance.provider("acme", "spare", "openai", second.baseUrl().toString(), "sk-second", "--models", "none-*");
        appliance
                .ctl("-t", "acme", "route", "create", "smart", "--target", "up/gpt-4o", "--target", "spare/gpt-4o")
                .value();
    }

    @AfterEach
    void tearDown() {
        client.close();
        appliance.close();
        first.close();
        second.close();
    }

    private String shown() {
        return appliance
                .ctl("-t", "acme", "provider", "show", "up", "-o", "json")
                .out();
    }

    private String served() {
        var answer = client.post("/v1/chat/completions", "{\"model\":\"smart\",\"messages\":[]}");
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("x-llmproxy-provider").orElse("") + " "
                + answer.headers().firstValue("x-llmproxy-attempts").orElse("");
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Test
    void aProviderThatFailsItsChecksIsPassedOverWithoutARequestAndComesBack() {
        await(() -> shown().contains("\"state\": \"ok\""));
        assertThat(first.requests())
                .allSatisfy(r -> assertThat(r.method() + " " + r.path()).isEqualTo("GET /v1/models"));
        assertThat(served()).isEqualTo("up 1");

        first.on("/v1/models", Script.answer(503, "{}"));
        await(() -> shown().contains("\"state\": \"failing\""));

        assertThat(served()).isEqualTo("spare 1");
        assertThat(appliance.ctl("-t", "acme", "provider", "show", "up").err())
                .contains("its last check: failing, since it answered 503");
        assertThat(appliance.ctl("status").out()).contains("`up`", "answered 503");
        assertThat(appliance.ctl("-t", "acme", "usage", "export").out()).contains("\"reason\":\"unreachable\"");

        first.on("/v1/models", Script.answer(404, "{}"));
        await(() -> shown().contains("\"state\": \"ok\""));
        assertThat(served()).isEqualTo("up 1");
    }
}
