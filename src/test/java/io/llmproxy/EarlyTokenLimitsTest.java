package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.Withheld;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of all requests, or of an address: where none are left, a body that never comes is refused. */
class EarlyTokenLimitsTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String CHAT = "/v1/chat/completions";
    /** Needs some 20 tokens, as far as anybody can tell before, and is said to have used 100. */
    private static final String SMALL_CHAT =
            "{\"model\":\"gpt-4o\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private static final String EMBED = "{\"model\":\"embed\",\"input\":\"hi\"}";

    private static FakeProvider upstream() {
        FakeProvider upstream = FakeProvider.start();
        String answer = "{\"id\":\"1\",\"object\":\"chat.completion\",\"choices\":[],"
                + "\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":70,\"total_tokens\":100}}";
        upstream.on(
                CHAT,
                c -> c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + answer.length()
                        + "\r\n\r\n" + answer));
        return upstream;
    }

    private static void set(TestAppliance appliance, String scope, String metric) {
        appliance
                .ctl(("limit set --scope " + scope + " --metric " + metric + " --amount 60 --per day").split(" "))
                .value();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokens", "input-tokens", "output-tokens"})
    void ofAllRequests(String metric) throws InterruptedException {
        try (FakeProvider upstream = upstream();
                TestAppliance appliance = TestAppliance.start()) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            set(appliance, "global", metric);
            Withheld withheld = new Withheld(appliance, key);
            try (Http http = new Http(appliance.gateway(), key)) {
                assertThat(keyed(http).statusCode()).isEqualTo(200);
                useUp(http);
                assertThat(keyed(http).headers().firstValue("idempotency-replayed"))
                        .contains("true");
                for (String framing : new String[] {Withheld.LARGE, Withheld.CHUNKED, Withheld.SMALL}) {
                    assertThat(withheld.status(CHAT, LONG, framing)).isEqualTo(402);
                }
                assertThat(upstream.requests()).hasSizeLessThan(4);
                assertThat(http.get("/v1/models").statusCode())
                        .as("asks no model")
                        .isEqualTo(200);
                assertThat(http.post("/v1/embeddings", EMBED).statusCode())
                        .as("what generates nothing")
                        .isEqualTo(metric.equals("output-tokens") ? 200 : 402);
            }
        }
    }

    private static HttpResponse<String> keyed(Http http) {
        return http.send(http.request(CHAT)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "once")
                .POST(HttpRequest.BodyPublishers.ofString(SMALL_CHAT)));
    }

    private static void useUp(Http http) throws InterruptedException {
        Eventually.holds("used up", () -> http.post(CHAT, SMALL_CHAT).statusCode() == 402);
    }

    @Test
    void ofAnAddress() throws InterruptedException {
        try (FakeProvider upstream = upstream();
                TestAppliance appliance = TestAppliance.builder()
                        .set("gateway.trusted-proxies", "[127.0.0.0/8]")
                        .start()) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            set(appliance, "ip", "tokens");
            Withheld withheld = new Withheld(appliance, key);
            String from = "X-Forwarded-For: 192.0.2.7";
            try (Http http = new Http(appliance.gateway(), key)) {
                Eventually.holds(
                        "used up",
                        () -> http.send(http.request(CHAT)
                                                .header("Content-Type", "application/json")
                                                .header("X-Forwarded-For", "192.0.2.7")
                                                .POST(HttpRequest.BodyPublishers.ofString(SMALL_CHAT)))
                                        .statusCode()
                                == 402);
                assertThat(withheld.status(CHAT, LONG, from, Withheld.LARGE)).isEqualTo(402);
                assertThat(http.post(CHAT, SMALL_CHAT).statusCode())
                        .as("from elsewhere")
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void whoWantsLessThanIsLeftIsServedWhereAnotherWantedMore() throws InterruptedException {
        try (FakeProvider upstream = upstream();
                RedisServer redis = RedisServer.start();
                TestAppliance appliance =
                        TestAppliance.builder().set("redis.url", redis.url()).start()) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            set(appliance, "global", "tokens");
            try (Http http = new Http(appliance.gateway(), key)) {
                Eventually.holds(
                        "too much for what is left",
                        () -> http.post(CHAT, SMALL_CHAT.replace("10", "1000")).statusCode() == 402);
                assertThat(http.post(CHAT, SMALL_CHAT).statusCode()).isEqualTo(200);
                Withheld withheld = new Withheld(appliance, key);
                Eventually.holds(
                        "nothing left, as Redis has just said",
                        () -> http.post(CHAT, SMALL_CHAT).statusCode() == 402
                                && withheld.status(CHAT, Duration.ofSeconds(20), Withheld.LARGE) == 402);
            }
        }
    }
}
