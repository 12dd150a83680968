package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RawClient.Seen;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Providers that reset their connection, as a crashed server or a balancer does, rather than close it: what had come before is no
 * answer where it was not all of one, and is one, counted once, where it was.
 */
class UpstreamResetTest {
    private static final String PLAIN = "/v1/moderations";
    private static final String PLAIN_BODY = "{\"model\":\"m\",\"input\":\"x\"}";
    private static final String CHAT = "/v1/chat/completions";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private static final String LENGTH = OK + "Content-Length: ";
    private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String EVENTS =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String COMPLETION = "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[],\"usage\":"
            + "{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}";
    private static final String EVENT =
            "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"content\":\"one\"}}]}\n\n";
    private static final String LAST_EVENTS = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],"
            + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}\n\ndata: [DONE]\n\n";
    private static final String ASKED_USAGE =
            Http.CHAT_STREAM.replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;
    private static RawClient client;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        // one provider resets again and again, and is called all the same
        appliance =
                TestAppliance.builder().set("resilience.breaker-failures", "0").start();
        String key = appliance.tenantWithKey("acme", upstream.baseUrl());
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
        upstream.restore(CHAT);
        for (int i = 0; i < 2; i++) {
            assertThat(http.chat().body()).contains("Hello from the fake.");
        }
    }

    static Stream<Arguments> heads() {
        return Stream.of(PLAIN, CHAT)
                .flatMap(path -> Stream.of(Arguments.of(path, CHUNKED), Arguments.of(path, OK + "\r\n")));
    }

    static Stream<Arguments> headsWithALength() {
        return Stream.of(PLAIN, CHAT).flatMap(path -> Stream.of(Arguments.of(path, 10), Arguments.of(path, 1_000_000)));
    }

    private static Seen ask(String path) throws IOException {
        return client.post(path, path.equals(CHAT) ? Http.CHAT : PLAIN_BODY);
    }

    @ParameterizedTest
    @MethodSource("heads")
    void aHeadAndNothingElseIsNoAnswer(String path, String head) throws IOException {
        upstream.on(path, Script.rawThenReset(head));
        Seen seen = ask(path);
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.body()).isEmpty();
        assertThat(seen.whole()).isFalse();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
        assertThat(client.ledger(seen).path("errorCode").asString()).isEqualTo("upstream_unreachable");
    }

    /** One with a length goes out with the first of its body, so that the client can still be told. */
    @ParameterizedTest
    @MethodSource("headsWithALength")
    void aHeadWithALengthAndNothingElseIsATypedError(String path, int length) throws IOException {
        upstream.on(path, Script.rawThenReset(LENGTH + length + "\r\n\r\n"));
        Seen seen = ask(path);
        assertThat(seen.status()).isEqualTo(502);
        assertThat(seen.error()).isEqualTo("upstream_error");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("failed");
        assertThat(client.ledger(seen).path("errorCode").asString()).isEqualTo("upstream_unreachable");
    }

    static Stream<Arguments> brokenStreams() {
        return Stream.of(
                Arguments.of("before the first event", ""),
                Arguments.of("between two events", chunk(EVENT)),
                Arguments.of("inside an event", chunk(EVENT) + chunk(EVENT.substring(0, 30))),
                Arguments.of("inside a chunk", chunk(EVENT) + "ff\r\ndata: {"),
                Arguments.of("after the last event", chunk(EVENT + LAST_EVENTS)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenStreams")
    void aStreamThatIsResetEndsByATypedError(String name, String events) throws IOException {
        upstream.on(CHAT, Script.rawThenReset(EVENTS + events));
        Seen seen = client.post(CHAT, ASKED_USAGE);
        assertThat(seen.status()).as(name).isEqualTo(200);
        assertThat(seen.body()).contains("upstream_error");
        assertThat(seen.whole()).isFalse();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
    }

    static Stream<Arguments> complete() {
        String length = LENGTH + COMPLETION.length() + "\r\n\r\n";
        return Stream.of(
                Arguments.of("with a length", Http.CHAT, length + COMPLETION, COMPLETION),
                Arguments.of("in chunks", Http.CHAT, CHUNKED + chunk(COMPLETION) + "0\r\n\r\n", COMPLETION),
                Arguments.of(
                        "a stream",
                        ASKED_USAGE,
                        EVENTS + chunk(EVENT) + chunk(LAST_EVENTS) + "0\r\n\r\n",
                        EVENT + LAST_EVENTS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("complete")
    void anAnswerThatWasAllThereIsCompleteAndCountedOnce(String name, String request, String bytes, String body)
            throws IOException {
        upstream.on(CHAT, Script.rawThenReset(bytes));
        for (int i = 0; i < 3; i++) {
            int before = upstream.requests().size();
            Seen seen = client.post(CHAT, request);
            assertThat(seen.status()).as(name).isEqualTo(200);
            assertThat(seen.body()).isEqualTo(body);
            assertThat(seen.whole()).isTrue();
            JsonNode record = client.ledger(seen);
            assertThat(record.path("outcome").asString()).isEqualTo("completed");
            assertThat(record.path("inputTokens").asInt()).isEqualTo(3);
            assertThat(record.path("outputTokens").asInt()).isEqualTo(4);
            assertThat(record.path("usageSource").asString()).isEqualTo("provider");
            // the next one, which is served, is behind it in the ledger
            assertThat(http.get("/v1/files").statusCode()).isEqualTo(200);
            assertThat(client.records(seen)).hasSize(1);
            assertThat(upstream.requests().size() - before).isEqualTo(2);
        }
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }
}
