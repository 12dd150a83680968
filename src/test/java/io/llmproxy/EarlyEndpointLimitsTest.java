package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.Withheld;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The path says which endpoint is meant: what runs there at one time refuses a body that never comes. */
class EarlyEndpointLimitsTest {
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"stream\":false,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String EMBED = "{\"model\":\"embed\",\"input\":\"hi\"}";

    @ParameterizedTest
    @CsvSource({
        "endpoint, /v1/embeddings, /v1/embeddings, /v1/chat/completions",
        "endpoint=/v1/embed*, /v1/embeddings, /v1/embeddings, /v1/chat/completions",
        "endpoint=/v1/*, /v1/embeddings, /v1/chat/completions, /api/chat",
        // in Azure's words
        "endpoint=/v1/embeddings, /v1/embeddings, /openai/deployments/embed/embeddings, /v1/chat/completions",
        // a path, of which the endpoint's name says nothing
        "endpoint=/openai/deployments/e*, /openai/deployments/embed/embeddings, /openai/deployments/e2/embeddings, /v1/chat/completions"
    })
    void whatRunsAtAnEndpointRefusesABodyUnread(String scope, String busy, String path, String other)
            throws InterruptedException {
        Gate runs = new Gate();
        Gate gate = new Gate();
        try (FakeProvider upstream = FakeProvider.start();
                TestAppliance appliance = TestAppliance.start()) {
            upstream.on("/v1/embeddings", c -> {
                runs.open();
                gate.await();
                c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            });
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            String set = "-t acme limit set --scope " + scope + " --metric concurrency --amount 1";
            appliance.ctl(set.split(" ")).value();
            try (Http http = new Http(appliance.gateway(), key)) {
                Thread running = Thread.ofVirtual().start(() -> assertServed(http, busy));
                runs.await();
                Withheld withheld = new Withheld(appliance, key);
                for (String framing : new String[] {Withheld.LARGE, Withheld.CHUNKED, Withheld.SMALL}) {
                    assertThat(withheld.status(path, Duration.ofMinutes(1), framing))
                            .isEqualTo(429);
                }
                assertThat(upstream.requests()).hasSize(1);
                assertThat(http.post(other, CHAT).statusCode())
                        .as("another endpoint")
                        .isEqualTo(200);
                gate.open();
                running.join();
                // the slot is given back when the answer's last byte has gone out
                Eventually.holds("the next is served", () -> served(http, busy));
            }
        }
    }

    private static boolean served(Http http, String path) {
        return http.post(path, EMBED).statusCode() == 200;
    }

    private static void assertServed(Http http, String path) {
        assertThat(served(http, path)).isTrue();
    }
}
