package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.Quickest;
import io.llmproxy.testing.TestAppliance;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A client that goes away ends the provider's work within a second, from its socket to the provider's, in any dialect. */
class GoneClientTest {
    private static final FakeProvider OPENAI = FakeProvider.start();
    private static final FakeProvider ANTHROPIC = FakeProvider.start();
    private static final TestAppliance APPLIANCE = TestAppliance.start();
    private static final String KEY = key();
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";

    private static String key() {
        String key = APPLIANCE.tenantWithKey("acme", OPENAI.baseUrl());
        APPLIANCE.provider("acme", "claude", "anthropic", ANTHROPIC.origin(), "sk-ant", "--models", "claude*");
        return key;
    }

    @AfterAll
    static void close() {
        APPLIANCE.close();
        OPENAI.close();
        ANTHROPIC.close();
    }

    @AfterEach
    void theNextRequestIsServed() {
        OPENAI.restore(CHAT);
        ANTHROPIC.restore(MESSAGES);
        try (Http http = new Http(APPLIANCE.gateway(), KEY)) {
            assertThat(http.chat().body()).contains("Hello from the fake.");
        }
    }

    /** Tells when the other side closes the connection: before a head, or behind the first event of a stream. */
    private static BlockingQueue<Long> hanging(FakeProvider provider, String path, boolean begun, String event) {
        BlockingQueue<Long> closed = new LinkedBlockingQueue<>();
        provider.on(path, c -> {
            if (begun) {
                c.head(200, "Content-Type", "text/event-stream").event(event);
            }
            try {
                c.awaitClose();
            } finally {
                closed.add(System.nanoTime());
            }
        });
        return closed;
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o-mini,false,false",
        "gpt-4o-mini,true,false",
        "gpt-4o-mini,false,true",
        "gpt-4o-mini,true,true",
        "claude-sonnet-4-5,false,false",
        "claude-sonnet-4-5,true,false",
        "claude-sonnet-4-5,true,true"
    })
    void endsTheCallWithinASecond(String model, boolean begun, boolean reset) throws Exception {
        boolean claude = model.startsWith("claude");
        FakeProvider provider = claude ? ANTHROPIC : OPENAI;
        String event = claude
                ? "{\"type\":\"message_start\",\"message\":{\"id\":\"i\",\"model\":\"m\",\"usage\":{}}}"
                : "{\"id\":\"i\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}";
        BlockingQueue<Long> closed = hanging(provider, claude ? MESSAGES : CHAT, begun, event);
        Quickest.within(Duration.ofSeconds(1), () -> {
            int before = provider.requests().size();
            long left = leave(model, begun, reset, provider, before);
            Long seen = closed.poll(30, TimeUnit.SECONDS);
            assertThat(seen).as("the provider's connection is closed").isNotNull();
            return Duration.ofNanos(seen - left);
        });
    }

    /** A budget is not evaded by clients that do not wait for what they asked for, whoever is asked. */
    @ParameterizedTest
    @CsvSource({"gpt-4o-mini", "claude-sonnet-4-5"})
    void isChargedForWhatTheProviderHasRead(String model) throws Exception {
        boolean claude = model.startsWith("claude");
        FakeProvider provider = claude ? ANTHROPIC : OPENAI;
        BlockingQueue<Long> closed = hanging(provider, claude ? MESSAGES : CHAT, false, "");
        String before = ledger();
        leave(model, false, true, provider, provider.requests().size());
        assertThat(closed.poll(30, TimeUnit.SECONDS)).as("the call has ended").isNotNull();
        String records = ledger();
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                records.length() <= before.length();
                records = ledger()) {
            assertThat(System.nanoTime() - end).as("no record came").isNegative();
        }
        assertThat(records.lines().toList().getLast())
                .contains("\"outcome\":\"client_gone\"", "\"usageSource\":\"estimated\"", "\"outputTokens\":0")
                .containsPattern("\"inputTokens\":[1-9]");
    }

    private static String ledger() {
        return APPLIANCE.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
    }

    /** Asks, waits until the provider has got it or the client its first event, and goes; when it went. */
    private static long leave(String model, boolean begun, boolean reset, FakeProvider provider, int before)
            throws Exception {
        String json = "{\"model\":\"" + model
                + "\",\"stream\":true,\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), APPLIANCE.gateway().getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write(("POST " + CHAT + " HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " + KEY
                                    + "\r\nContent-Type: application/json\r\nContent-Length: " + json.length()
                                    + "\r\n\r\n" + json)
                            .getBytes(StandardCharsets.US_ASCII));
            provider.awaitRequests(before + 1);
            if (begun) {
                InputStream in = socket.getInputStream();
                StringBuilder got = new StringBuilder();
                while (!got.toString().contains("data: {")) {
                    got.append((char) in.read());
                }
            }
            socket.setSoLinger(reset, 0);
            return System.nanoTime();
        }
    }
}
