package io.llmproxy;

import static io.llmproxy.testing.SharedLimits.await;
import static io.llmproxy.testing.SharedLimits.join;
import static io.llmproxy.testing.SharedLimits.sharedBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.SharedLimits;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.Withheld;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits that two processes on one PostgreSQL share, and that refuse before a body is read where the other one has used them up. */
class EarlyLeasedLimitsTest {
    private static final String EMBED = "{\"model\":\"embed\",\"input\":\"hi\"}";
    /** A refusal is here long before; a request that is not refused waits for its body. */
    private static final Duration SHORT = Duration.ofSeconds(3);

    @TempDir
    private Path directory;

    private SharedLimits shared;

    @BeforeEach
    void setUp() {
        shared = new SharedLimits(directory);
    }

    @AfterEach
    void tearDown() {
        shared.close();
    }

    private static String set(TestAppliance on, String limit) {
        List<String> line = new ArrayList<>(limit.startsWith("global") ? List.of() : List.of("-t", "acme"));
        line.addAll(List.of("limit", "set", "-q", "--scope"));
        line.addAll(List.of(limit.split(" ")));
        return on.ctl(line.toArray(String[]::new)).value();
    }

    @ParameterizedTest
    @ValueSource(strings = {"global", "tenant", "endpoint", "ip=10.0.0.0/8"})
    void whatRunsAtOneTimeInAnotherProcessRefusesABodyUnread(String scope) throws InterruptedException {
        Gate runs = new Gate();
        Gate gate = new Gate();
        shared.upstream().on("/v1/embeddings", c -> {
            runs.open();
            gate.await();
            c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        });
        try (TestAppliance one = proxied("one");
                TestAppliance two = proxied("two")) {
            String key = one.tenantWithKey("acme", shared.upstream().baseUrl());
            set(one, scope + " --metric concurrency --amount 1");
            await(() -> sharedBy(one, 2) && sharedBy(two, 2));
            try (Http first = new Http(one.gateway(), key);
                    Http second = new Http(two.gateway(), key)) {
                Thread running = Thread.ofVirtual().start(() -> await(() -> embed(first) == 200));
                runs.await();
                for (String framing : List.of(Withheld.LARGE, Withheld.CHUNKED, Withheld.SMALL)) {
                    await(() ->
                            new Withheld(two, key).status("/v1/embeddings", SHORT, framing, from("10.2.2.2")) == 429);
                }
                assertThat(shared.upstream().requests()).hasSize(1);
                gate.open();
                join(running);
                await(() -> embed(second) == 200);
            }
        }
    }

    private TestAppliance proxied(String name) {
        return shared.builder(name)
                .set("gateway.trusted-proxies", "[127.0.0.1]")
                .start();
    }

    private static String from(String address) {
        return "X-Forwarded-For: " + address;
    }

    private static int embed(Http http) {
        return post(http, "/v1/embeddings", "10.1.1.1", EMBED);
    }

    private static int chat(Http http, String address) {
        return post(http, "/v1/chat/completions", address, Http.CHAT);
    }

    private static int post(Http http, String path, String address, String body) {
        return http.send(http.request(path)
                        .header("Content-Type", "application/json")
                        .header("X-Forwarded-For", address)
                        .POST(BodyPublishers.ofString(body)))
                .statusCode();
    }

    @Test
    void whatARangeOfAddressesUsedInAnotherProcessRefusesABodyUnread() {
        try (TestAppliance one = proxied("one");
                TestAppliance two = proxied("two")) {
            String key = one.tenantWithKey("acme", shared.upstream().baseUrl());
            set(one, "ip=10.0.0.0/8 --metric requests --amount 3 --per hour");
            await(() -> sharedBy(one, 2) && sharedBy(two, 2));
            try (Http first = new Http(one.gateway(), key);
                    Http second = new Http(two.gateway(), key)) {
                await(() -> {
                    chat(first, "10.1.1.1");
                    return shared.upstream().requests().size() == 3;
                });
                await(() ->
                        new Withheld(two, key).status("/v1/chat/completions", SHORT, Withheld.LARGE, from("10.2.2.2"))
                                == 429);
                assertThat(chat(second, "192.0.2.1")).isEqualTo(200);
                assertThat(shared.upstream().requests()).hasSize(4);
                set(one, "ip=10.0.0.0/8 --metric requests --amount 4 --per hour");
                await(() -> chat(second, "10.2.2.2") == 200);
            }
        }
    }
}
