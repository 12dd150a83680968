package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.TestAppliance;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SseKeepAliveTest {
    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    @Test
    void aSilentStreamGetsCommentsAndItsEventsStayWhole() throws Exception {
        Gate gate = new Gate();
        try (FakeProvider up = FakeProvider.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("gateway.sse-keep-alive", "100ms")
                        .start()) {
            up.on("/v1/chat/completions", c -> {
                c.write(HEAD + "9\r\ndata: 1\n\n\r\n");
                gate.await();
                c.write("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
            });
            String key = appliance.tenantWithKey("acme", up.baseUrl());
            URI gateway = appliance.gateway();
            try (Socket socket = new Socket(gateway.getHost(), gateway.getPort())) {
                socket.setSoTimeout(60_000);
                socket.getOutputStream().write(request(key));
                String first = readUntil(
                        socket.getInputStream(), "data: 1\n\n\r\ne\r\n: keep-alive\n\n\r\ne\r\n: keep-alive\n\n");
                assertThat(first).doesNotContain("data: 2");
                gate.open();
                String rest = readUntil(socket.getInputStream(), "0\r\n\r\n");
                assertThat(rest).contains("9\r\ndata: 2\n\n\r\n");
            }
        }
    }

    @Test
    void whereItIsOffAStreamIsTheProvidersToTheByte() throws Exception {
        try (FakeProvider up = FakeProvider.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("gateway.sse-keep-alive", "0")
                        .start()) {
            up.on(
                    "/v1/chat/completions",
                    c -> c.write(HEAD + "9\r\ndata: 1\n\n\r\n").pause(300).write("9\r\ndata: 2\n\n\r\n0\r\n\r\n"));
            String key = appliance.tenantWithKey("acme", up.baseUrl());
            URI gateway = appliance.gateway();
            try (Socket socket = new Socket(gateway.getHost(), gateway.getPort())) {
                socket.setSoTimeout(60_000);
                socket.getOutputStream().write(request(key));
                assertThat(readUntil(socket.getInputStream(), "0\r\n\r\n"))
                        .endsWith("\r\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
            }
        }
    }

    /** So long that every stream which is not off has got a comment: another one, that began later, tells when. */
    @Test
    @Tag("proof")
    void whereItIsOffAStreamIsTheProvidersToTheByteHoweverLongItIsSilent() throws Exception {
        Gate gate = new Gate();
        try (FakeProvider up = FakeProvider.start();
                TestAppliance off = TestAppliance.builder()
                        .set("gateway.sse-keep-alive", "0")
                        .start();
                TestAppliance unset = TestAppliance.start()) {
            up.on("/v1/chat/completions", c -> {
                c.write(HEAD + "9\r\ndata: 1\n\n\r\n");
                gate.await();
                c.write("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
            });
            try (Socket silent = asked(off, up);
                    Socket kept = asked(unset, up)) {
                String first = readUntil(silent.getInputStream(), "data: 1\n\n\r\n");
                readUntil(kept.getInputStream(), "data: 1\n\n\r\ne\r\n: keep-alive\n\n");
                gate.open();
                assertThat(first + readUntil(silent.getInputStream(), "0\r\n\r\n"))
                        .endsWith("\r\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
            }
        }
    }

    private static Socket asked(TestAppliance appliance, FakeProvider up) throws Exception {
        String key = appliance.tenantWithKey("acme", up.baseUrl());
        Socket socket =
                new Socket(appliance.gateway().getHost(), appliance.gateway().getPort());
        socket.setSoTimeout(60_000);
        socket.getOutputStream().write(request(key));
        return socket;
    }

    private static byte[] request(String key) {
        String body = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String readUntil(InputStream in, String end) throws Exception {
        StringBuilder read = new StringBuilder();
        while (read.indexOf(end) < 0) {
            int b = in.read();
            if (b < 0) {
                throw new AssertionError("the stream ended after: " + read);
            }
            read.append((char) b);
        }
        return read.toString();
    }
}
