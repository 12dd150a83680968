package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RawClient.Seen;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Providers that send a byte now and then: the timeout is for each silence and not for their sum, so that what takes long comes
 * whole where it never stalls; and one silence that is too long ends it, wherever it falls.
 */
class SlowUpstreamTest {
    /** Between two bytes of an answer. */
    private static final Duration IDLE = Duration.ofMillis(1500);

    private static final int PAUSE = 300;
    private static final String EIGHT = "{\"a\":12}";
    private static final String PATH = "/v1/moderations";
    private static final String JSON = "{\"model\":\"m\",\"input\":\"x\"}";
    private static final String STREAMS = "/v1/responses";
    private static final String STREAM = "{\"model\":\"m\",\"stream\":true,\"input\":\"x\"}";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String CLOSE = "close";
    private static final String EVENTS =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;
    private static RawClient client;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance =
                TestAppliance.builder().set("resilience.breaker-failures", "0").start();
        String key = appliance.tenantWithKey("acme", upstream.baseUrl());
        appliance
                .ctl("-t", "acme", "provider", "update", "up", "--idle-timeout", IDLE.toMillis() + "ms")
                .value();
        http = new Http(appliance.gateway(), key);
        client = new RawClient(appliance, "acme", key);
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    @AfterEach
    void theNextRequestIsServed() {
        upstream.restore(PATH);
        assertThat(http.chat().body()).contains("Hello from the fake.");
    }

    static Stream<Arguments> trickles() {
        String fields = OK + "Content-Length: 8";
        return Stream.of(
                Arguments.of("with a length", fields + "\r\n\r\n", "{\"a\":12", "}"),
                Arguments.of("in chunks", CHUNKED + "8\r\n{\"a\":1", "2}\r\n0\r\n\r", "\n"),
                Arguments.of("until the close", OK + "\r\n", EIGHT, CLOSE),
                Arguments.of("from the head on", fields, "\r\n\r\n{\"a\":", "12}"));
    }

    /** @param slowly each byte of it comes after a silence that is none yet */
    @ParameterizedTest(name = "{0}")
    @MethodSource("trickles")
    void whatTakesLongerThanASilenceMayComesWholeWhereNoSilenceDoes(
            String name, String first, String slowly, String last) throws Exception {
        AtomicLong began = new AtomicLong();
        AtomicLong ended = new AtomicLong();
        upstream.on(PATH, c -> {
            began.set(System.nanoTime());
            c.write(first).pause(PAUSE).trickle(slowly, PAUSE);
            ended.set(System.nanoTime());
            end(c, last);
        });
        Seen seen = client.post(PATH, JSON);
        assertThat(seen.status()).as(name).isEqualTo(200);
        assertThat(seen.body()).isEqualTo(EIGHT);
        assertThat(seen.whole()).isTrue();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("completed");
        assertThat(Duration.ofNanos(ended.get() - began.get()))
                .isGreaterThan(IDLE.multipliedBy(3).dividedBy(2));
    }

    private static void end(FakeConnection c, String last) throws IOException {
        if (last.equals(CLOSE)) {
            c.close();
        } else {
            c.write(last);
        }
    }

    @Test
    void aStreamThatTakesLongerThanASilenceMayComesWhole() throws Exception {
        upstream.on(STREAMS, c -> {
            c.write(EVENTS);
            for (int i = 0; i < 8; i++) {
                c.pause(PAUSE).write("b\r\ndata: [" + i + "]\n\n\r\n");
            }
            c.pause(PAUSE).lastChunk();
        });
        Seen seen = client.post(STREAMS, STREAM);
        assertThat(seen.body()).isEqualTo(events(8));
        assertThat(seen.whole()).isTrue();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("completed");
    }

    private static String events(int count) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < count; i++) {
            out.append("data: [").append(i).append("]\n\n");
        }
        return out.toString();
    }

    @Test
    void oneSilenceThatIsTooLongInTheHeadIsATypedError() throws Exception {
        Silence silence = stallsAfter(PATH, "HTTP/1.1 200 OK\r\nContent", "-Len");
        Seen seen = client.post(PATH, JSON);
        assertThat(seen.status()).isEqualTo(504);
        assertThat(seen.error()).isEqualTo("timeout_error");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("failed");
        silence.lastedAsLongAsItMay();
    }

    @ParameterizedTest
    @ValueSource(strings = {CHUNKED + "8\r\n", OK + "\r\n"})
    void oneSilenceThatIsTooLongInTheBodyCutsTheAnswer(String head) throws Exception {
        Silence silence = stallsAfter(PATH, head, "{\"a\"");
        Seen seen = client.post(PATH, JSON);
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.body()).isEqualTo("{\"a\"");
        assertThat(seen.whole()).isFalse();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
        assertThat(client.ledger(seen).path("errorCode").asString()).isEqualTo("upstream_timeout");
        silence.lastedAsLongAsItMay();
    }

    /** What is short is passed on when it is there, so that the client can still be told. */
    @Test
    void oneSilenceThatIsTooLongInAShortBodyIsATypedError() throws Exception {
        Silence silence = stallsAfter(PATH, OK + "Content-Length: 8\r\n\r\n", "{\"a\"");
        Seen seen = client.post(PATH, JSON);
        assertThat(seen.status()).isEqualTo(504);
        assertThat(seen.error()).isEqualTo("timeout_error");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("failed");
        silence.lastedAsLongAsItMay();
    }

    @Test
    void oneSilenceThatIsTooLongEndsAStreamByATypedError() throws Exception {
        Silence silence = stallsAfter(STREAMS, EVENTS + "b\r\ndata: [0]\n\n\r\n", "b\r\n");
        Seen seen = client.post(STREAMS, STREAM);
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.body()).startsWith(events(1)).contains("timeout_error").doesNotContain("[DONE]");
        assertThat(seen.whole()).isFalse();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
        silence.lastedAsLongAsItMay();
    }

    /** From a provider's last byte until its connection was closed. */
    private record Silence(AtomicLong nanos, Gate over) {
        void lastedAsLongAsItMay() throws InterruptedException {
            over.await();
            assertThat(Duration.ofNanos(nanos.get())).isBetween(IDLE, Duration.ofSeconds(20));
        }
    }

    private static Silence stallsAfter(String path, String first, String slowly) {
        Silence silence = new Silence(new AtomicLong(), new Gate());
        upstream.on(path, c -> {
            c.write(first).pause(PAUSE).trickle(slowly.substring(0, slowly.length() - 1), PAUSE);
            c.write(slowly.substring(slowly.length() - 1));
            long begun = System.nanoTime();
            try {
                c.awaitClose();
            } finally {
                silence.nanos.set(System.nanoTime() - begun);
                silence.over.open();
            }
        });
        return silence;
    }
}
