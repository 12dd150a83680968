package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sends after its body reaches the provider after the body, and nothing there that a head must say. */
class RequestTrailersTest {
    private static final String PATH = "/v1/moderations";
    private static final String JSON = "{\"model\":\"m\",\"input\":\"x\"}";

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static String key;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.start();
        key = appliance.tenantWithKey("acme", upstream.baseUrl());
    }

    @AfterAll
    static void stop() {
        appliance.close();
        upstream.close();
    }

    private static String exchange(String body, String trailers) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), appliance.gateway().getPort())) {
            socket.setSoTimeout(30_000);
            OutputStream out = socket.getOutputStream();
            String chunks = Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n";
            String message =
                    "POST " + PATH + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + key
                            + "\r\nContent-Type: application/json\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + chunks + trailers + "\r\n";
            out.write(message.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void followTheBodyToTheProvider() throws IOException {
        assertThat(exchange(JSON, "X-Sum: abc \r\nx-other: d\r\n")).startsWith("HTTP/1.1 200");
        FakeProvider.Request received = upstream.lastRequest();
        assertThat(received.text()).isEqualTo(JSON);
        assertThat(received.header("Content-Length")).isNull();
        assertThat(received.headers().get("trailer")).containsExactly("X-Sum", "x-other");
        assertThat(received.trailer("X-Sum")).isEqualTo("abc");
        assertThat(received.trailer("x-other")).isEqualTo("d");
    }

    @Test
    void followABodyThatDoesNotFitIntoMemory() throws IOException {
        String body = JSON.replace("x", "y".repeat(3_000_000));
        assertThat(exchange(body, "X-Sum: abc\r\n")).startsWith("HTTP/1.1 200");
        assertThat(upstream.lastRequest().text()).isEqualTo(body);
        assertThat(upstream.lastRequest().trailer("X-Sum")).isEqualTo("abc");
    }

    @Test
    void noneThatAHeadMustSayAndNoSecretsPass() throws IOException {
        String bad = "Host: evil\r\nAuthorization: Bearer a\r\nx-api-key: b\r\nContent-Length: 3\r\nCookie: c\r\n"
                + "X-Forwarded-For: 10.0.0.1\r\nX-Note: " + key + "\r\nTransfer-Encoding: chunked\r\n";
        assertThat(exchange(JSON, bad)).startsWith("HTTP/1.1 200");
        FakeProvider.Request received = upstream.lastRequest();
        assertThat(received.trailers()).isEmpty();
        assertThat(received.header("Content-Length")).isEqualTo(Integer.toString(JSON.length()));
        assertThat(received.header("Trailer")).isNull();
    }

    @Test
    void theConnectionServesTheNextRequest() throws IOException {
        int before = upstream.connections();
        exchange(JSON, "X-Sum: 1\r\n");
        exchange(JSON, "");
        exchange(JSON, "X-Sum: 2\r\n");
        assertThat(upstream.lastRequest().trailer("X-Sum")).isEqualTo("2");
        assertThat(upstream.connections() - before).isLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"no field\r\n", ": x\r\n", "X Sum: 1\r\n", "X-Sum : 1\r\n", " folded: 1\r\n", "X-Sum: \u0001\r\n"
            })
    void malformedOnesAreRefusedAndNothingReachesTheProvider(String trailers) throws IOException {
        int before = upstream.requests().size();
        assertThat(exchange(JSON, trailers)).startsWith("HTTP/1.1 400").contains("invalid_request_error");
        assertThat(upstream.requests()).hasSize(before);
        assertThat(exchange(JSON, "")).startsWith("HTTP/1.1 200");
    }
}
