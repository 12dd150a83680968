package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.testing.TestAuthority;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Proxies that say by a PROXY header whom they forward for, and those that only pretend to be one. */
@Timeout(60)
class ProxyProtocolTest {
    private static final byte[] SIGNATURE = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");
    private static final String GET = "GET /v1/a HTTP/1.1\r\nHost: gateway\r\n\r\n";
    private static final ClientPatience PATIENCE = ClientPatience.DEFAULT;

    private static ScriptedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        gateway = new ScriptedGateway(null, Duration.ofSeconds(10), PATIENCE, true, "127.0.0.1", "198.51.100.0/24")
                .serving(ProxyProtocolTest::address);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static void address(ClientRequest request, ResponseSink sink) throws IOException {
        ScriptedGateway.send(
                sink, "text/plain", IpAddress.format(request.clientAddress()) + (request.forwarded() ? "" : " itself"));
    }

    private static String served(byte[] header, String... more) throws IOException {
        try (RawClient client = gateway.connect().send(header).send(String.join("", more) + GET)) {
            return client.answer().body();
        }
    }

    private static byte[] line(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] binary(String rest) {
        byte[] tail = HexFormat.of().parseHex(rest);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(SIGNATURE);
        out.writeBytes(tail);
        return out.toByteArray();
    }

    private static void closed(byte[] bytes) throws IOException {
        closed(gateway, bytes);
    }

    /** Closed or reset, and nobody was served. */
    private static void closed(ScriptedGateway gateway, byte[] bytes) throws IOException {
        int before = gateway.reached();
        try (RawClient client = gateway.connect()) {
            try {
                client.send(bytes);
                assertThat(client.socket().getInputStream().readAllBytes()).isEmpty();
            } catch (SocketException e) {
                // reset, since it had sent more than was read
            }
        }
        assertThat(gateway.reached()).isEqualTo(before);
    }

    @Test
    void versionOneTellsAnAddress() throws IOException {
        assertThat(served(line("PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n"))).isEqualTo("203.0.113.7");
        assertThat(served(line("PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n")))
                .isEqualTo("2001:db8::7");
        // as a proxy with one socket for both families spells it
        assertThat(served(line("PROXY TCP6 ::ffff:203.0.113.9 ::ffff:10.0.0.1 4711 443\r\n")))
                .isEqualTo("203.0.113.9");
        assertThat(served(line("PROXY UNKNOWN\r\n"))).isEqualTo("127.0.0.1");
        assertThat(served(line("PROXY UNKNOWN ffff::1 ffff::1 1 2\r\n"))).isEqualTo("127.0.0.1");
    }

    @Test
    void versionTwoTellsAnAddressAndItsExtensionsArePassedOver() throws IOException {
        assertThat(served(binary("2111000ccb00710701020304126701bb"))).isEqualTo("203.0.113.7");
        // with an extension of 4 bytes
        assertThat(served(binary("21110013cb00710701020304126701bb040004deadbeef")))
                .isEqualTo("203.0.113.7");
        assertThat(served(binary("21210024" + "20010db8000000000000000000000007" + "20010db8000000000000000000000001"
                        + "126701bb")))
                .isEqualTo("2001:db8::7");
        // the proxy's own check, and families that have no address of a client
        assertThat(served(binary("20000000"))).isEqualTo("127.0.0.1 itself");
        assertThat(served(binary("2011000ccb00710701020304126701bb"))).isEqualTo("127.0.0.1 itself");
        assertThat(served(binary("21000000"))).isEqualTo("127.0.0.1");
        assertThat(served(binary("2131000c" + "00".repeat(12)))).isEqualTo("127.0.0.1");
    }

    @Test
    void headerAndRequestMayComeByteByByte() throws IOException {
        try (RawClient client = gateway.connect()) {
            for (byte b : line("PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n" + GET)) {
                client.send(new byte[] {b});
            }
            assertThat(client.answer().body()).isEqualTo("203.0.113.7");
            // the header is the connection's, not the request's
            assertThat(client.send(GET).answer().body()).isEqualTo("203.0.113.7");
        }
    }

    @Test
    void aTrustedProxyBehindAnotherSpeaksForItsOwnClients() throws IOException {
        try (RawClient client = gateway.connect()
                .send("PROXY TCP4 198.51.100.9 10.0.0.1 1 2\r\n")
                .send("GET /v1/a HTTP/1.1\r\nHost: g\r\nX-Forwarded-For: 203.0.113.8\r\n\r\n")) {
            assertThat(client.answer().body()).isEqualTo("203.0.113.8");
        }
        // a client that the proxy forwards for is not believed
        try (RawClient client = gateway.connect()
                .send("PROXY TCP4 192.0.2.9 10.0.0.1 1 2\r\n")
                .send("GET /v1/a HTTP/1.1\r\nHost: g\r\nX-Forwarded-For: 203.0.113.8\r\n\r\n")) {
            assertThat(client.answer().body()).isEqualTo("192.0.2.9");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/a HTTP/1.1\r\nHost: gateway\r\n\r\n",
                "PROXY TCP4 203.0.113.7 10.0.0.1 4711\r\n",
                "PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\n",
                "PROXY TCP4 203.0.113.7 10.0.0.1 4711 65536\r\n",
                "PROXY TCP4 203.0.113.7 10.0.0.1 04711 443\r\n",
                "PROXY TCP4 2001:db8::7 2001:db8::1 4711 443\r\n",
                "PROXY TCP6 203.0.113.7 10.0.0.1 4711 443\r\n",
                "PROXY UDP4 203.0.113.7 10.0.0.1 4711 443\r\n",
                "PROXY  TCP4 203.0.113.7 10.0.0.1 4711 443\r\n",
                "PROXYTCP4 203.0.113.7 10.0.0.1 4711 443\r\n",
                "PROXY\r\n",
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535 and so on\r\n",
            })
    void whatIsNoHeaderOfVersionOneEndsTheConnection(String text) throws IOException {
        closed(line(text + GET));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // version 1 in the binary form, an unknown command, too short for its family, too long for anybody
                "1111000ccb00710701020304126701bb",
                "2211000ccb00710701020304126701bb",
                "2111000bcb007107010203041267ff",
                "2111ffff",
            })
    void whatIsNoHeaderOfVersionTwoEndsTheConnection(String rest) throws IOException {
        closed(binary(rest));
    }

    @Test
    void aSignatureThatIsNoneEndsTheConnection() throws IOException {
        closed(HexFormat.of().parseHex("0d0a0d0a000d0a515549540b2111000ccb00710701020304126701bb"));
    }

    @Test
    void aHeaderThatDoesNotComeEndsTheConnection() throws IOException {
        ClientPatience little = new ClientPatience(
                Duration.ofMillis(100), Duration.ofSeconds(30), 0, Duration.ofSeconds(30), Duration.ofSeconds(30));
        try (ScriptedGateway hasty = new ScriptedGateway(null, Duration.ofSeconds(10), little, true, "127.0.0.1")) {
            closed(hasty, new byte[0]);
            closed(hasty, line("PROXY TCP4 203.0.113.7"));
            closed(hasty, binary("2111000ccb0071"));
        }
    }

    @Test
    void nobodyElseIsBelieved() throws IOException {
        try (ScriptedGateway other = new ScriptedGateway(null, Duration.ofSeconds(10), PATIENCE, true, "203.0.113.1")
                .serving(ProxyProtocolTest::address)) {
            try (RawClient client = other.connect().send(GET)) {
                assertThat(client.answer().body()).isEqualTo("127.0.0.1 itself");
            }
            try (RawClient forger = other.connect().send("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n" + GET)) {
                assertThat(forger.answer().status()).isEqualTo(400);
            }
            assertThat(other.reached()).isEqualTo(1);
        }
    }

    @Test
    void withoutTheSettingItIsAMalformedRequest() throws IOException {
        try (ScriptedGateway plain = new ScriptedGateway("127.0.0.1");
                RawClient client = plain.connect().send("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n" + GET)) {
            assertThat(client.answer().status()).isEqualTo(400);
            assertThat(plain.reached()).isZero();
        }
    }

    @Test
    void theHeaderComesBeforeTls(@TempDir Path directory) throws Exception {
        TestAuthority authority = TestAuthority.create("authority");
        TestAuthority.PemPair pem =
                authority.issue("CN=gateway", "dns:localhost", "ip:127.0.0.1").write(directory, "gateway");
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                ScriptedGateway secure = new ScriptedGateway(files, Duration.ofSeconds(10), PATIENCE, true, "127.0.0.1")
                        .serving(ProxyProtocolTest::address);
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), secure.server().port())) {
            socket.getOutputStream().write(line("PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n"));
            SSLSocket tls = (SSLSocket) authority
                    .client(null)
                    .getSocketFactory()
                    .createSocket(socket, "localhost", secure.server().port(), true);
            try (RawClient client = new RawClient(tls).send(GET)) {
                assertThat(client.answer().body()).isEqualTo("203.0.113.7");
            }
        }
    }
}
