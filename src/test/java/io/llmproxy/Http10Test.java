package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Large answers where one end speaks HTTP/1.0, whole and cut: half of one is never passed off as all of it. */
class Http10Test {
    private static final FakeProvider UPSTREAM = FakeProvider.start();
    private static final TestAppliance APPLIANCE =
            TestAppliance.builder().set("resilience.breaker-failures", "0").start();
    private static final String KEY = APPLIANCE.tenantWithKey("acme", UPSTREAM.baseUrl());
    private static final Http HTTP = new Http(APPLIANCE.gateway(), KEY);
    private static final String PATH = "/v1/moderations";
    private static final String JSON = "{\"model\":\"m\",\"input\":\"x\"}";
    private static final byte[] LARGE = new byte[3_000_000];
    private static final int CUT = 1_700_000;

    static {
        new Random(1).nextBytes(LARGE);
    }

    @AfterAll
    static void close() {
        HTTP.close();
        APPLIANCE.close();
        UPSTREAM.close();
    }

    @AfterEach
    void theNextRequestIsServed() {
        assertThat(HTTP.chat().body()).contains("Hello from the fake.");
    }

    /** Some of the bytes, and then the end of the connection. */
    private static Script answer(String head, int bytes, boolean reset) {
        return c -> {
            c.write(head + "\r\n\r\n").write(Arrays.copyOf(LARGE, bytes));
            if (reset) {
                c.reset();
            } else {
                c.close();
            }
        };
    }

    /** What came of a body, and whether it ended in order. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    private record Got(byte[] bytes, boolean whole) {
        String text() {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    private static Got got(InputStream in) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (in) {
            in.transferTo(out);
            return new Got(out.toByteArray(), true);
        } catch (IOException e) {
            return new Got(out.toByteArray(), false);
        }
    }

    private static Got asked() {
        return got(HTTP.stream(PATH, JSON).body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.0 200 OK", "HTTP/1.0 200 OK\r\nContent-Length: 3000000"})
    void anUpstreamsWholeBodyComesWhole(String head) {
        UPSTREAM.on(PATH, answer(head, LARGE.length, false));
        Got got = asked();

        assertThat(got.whole()).isTrue();
        assertThat(got.bytes()).isEqualTo(LARGE);
    }

    @Test
    void anUpstreamThatCutsADeclaredBodyIsNoEnd() {
        UPSTREAM.on(PATH, answer("HTTP/1.0 200 OK\r\nContent-Length: 3000000", CUT, false));

        assertThat(asked().whole()).isFalse();
    }

    /** Without a length only a reset tells it from the end. */
    @Test
    void anUpstreamThatResetsABodyUntilItsCloseIsNoEnd() {
        UPSTREAM.on(PATH, c -> {
            c.write("HTTP/1.0 200 OK\r\n\r\n").write(Arrays.copyOf(LARGE, CUT));
            c.pause(300).reset(); // what was sent before is read by then, or lost with the reset
        });

        assertThat(asked().whole()).isFalse();
    }

    private static Got asked10() throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), APPLIANCE.gateway().getPort())) {
            socket.setSoTimeout(60_000);
            String head = "POST " + PATH + " HTTP/1.0\r\nAuthorization: Bearer " + KEY
                    + "\r\nContent-Type: application/json\r\nContent-Length: " + JSON.length() + "\r\n\r\n" + JSON;
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            return got(socket.getInputStream());
        }
    }

    @Test
    void aClientGetsALargeBodyUntilTheCloseAndSeesACutOneByItsLength() throws IOException {
        UPSTREAM.on(PATH, answer("HTTP/1.0 200 OK", LARGE.length, false));
        Got whole = asked10();
        assertThat(whole.whole()).isTrue();
        int head = whole.text().indexOf("\r\n\r\n") + 4;
        assertThat(Arrays.copyOfRange(whole.bytes(), head, whole.bytes().length))
                .isEqualTo(LARGE);

        UPSTREAM.on(PATH, answer("HTTP/1.1 200 OK\r\nContent-Length: 3000000", CUT, false));
        Got declared = asked10();
        assertThat(declared.text()).contains("Content-Length: 3000000\r\n");
        assertThat(declared.bytes().length).isLessThan(LARGE.length);
    }

    /** What is short is held back for it until it is whole. */
    @Test
    void aClientIsToldOfACutBodyOfUnknownLengthByTheStatus() throws IOException {
        UPSTREAM.on(PATH, c -> {
            c.head(200, "Content-Type", "application/json").chunk(Arrays.copyOf(LARGE, 700_000));
            c.close();
        });

        assertThat(asked10().text()).startsWith("HTTP/1.1 502").contains("upstream_error");
    }

    /** Its end would be the connection's: a close is the end of a whole one. */
    @Test
    void aClientIsToldOfALongOneByAReset() throws IOException {
        UPSTREAM.on(PATH, c -> {
            c.head(200, "Content-Type", "application/json").chunk(Arrays.copyOf(LARGE, CUT));
            c.close();
        });

        assertThat(asked10().whole()).isFalse();
    }
}
