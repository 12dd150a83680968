package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.PemFiles;
import io.llmproxy.testing.Quickest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The listener with TLS, in HTTP/1.1. */
@Timeout(60)
class HttpsTest {
    @TempDir
    static Path made;

    private static PemFiles one;
    private static PemFiles other;

    @TempDir
    Path directory;

    private Path certificate;
    private Path key;
    private CertificateFiles files;
    private ScriptedGateway gateway;

    @BeforeAll
    static void make() throws Exception {
        one = PemFiles.make(made.resolve("one"));
        other = PemFiles.make(made.resolve("other"));
    }

    @BeforeEach
    void setUp() throws Exception {
        certificate = directory.resolve("cert.pem");
        key = directory.resolve("key.pem");
        install(one);
        files = CertificateFiles.open(TlsSettings.of("gateway", certificate, key), InstantSource.system());
        gateway = new ScriptedGateway(files, Duration.ofSeconds(10), ClientPatience.DEFAULT);
    }

    @AfterEach
    void tearDown() {
        gateway.close();
        files.close();
    }

    private void install(PemFiles pair) throws IOException {
        Files.copy(pair.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(pair.key(), key, StandardCopyOption.REPLACE_EXISTING);
    }

    private SSLSocket connect(SSLContext context, String... protocols) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), gateway.server().port());
        if (protocols.length > 0) {
            socket.setEnabledProtocols(protocols);
        }
        socket.setSoTimeout(30_000);
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void servesSeveralRequestsOnOneConnection(String protocol) throws IOException {
        try (RawClient client = new RawClient(connect(one.made().trusting(), protocol))) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("/v1/" + i).answer().body()).isEqualTo("GET /v1/" + i + " null ");
            }
        }
    }

    @Test
    void refusesOlderVersionsOfTls() throws IOException {
        // by hand, since the JDK does not offer it any more
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.server().port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(helloOfTls11());
            // an alert record, fatal, protocol_version
            byte[] alert = socket.getInputStream().readNBytes(7);
            assertThat(alert[0]).isEqualTo((byte) 21);
            assertThat(alert[5]).isEqualTo((byte) 2);
            assertThat(alert[6]).isEqualTo((byte) 70);
        }
    }

    private static byte[] helloOfTls11() {
        byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 2 + 2 + 2];
        hello[0] = 22;
        hello[1] = 3;
        hello[2] = 1;
        hello[4] = (byte) (hello.length - 5);
        hello[5] = 1;
        hello[8] = (byte) (hello.length - 9);
        hello[9] = 3;
        hello[10] = 2;
        hello[45] = 2;
        hello[46] = (byte) 0xC0;
        hello[47] = 0x09; // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
        hello[48] = 1;
        return hello;
    }

    @Test
    void agreesOnHttp11ByAlpn() throws IOException {
        try (SSLSocket socket = connect(one.made().trusting())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
            assertThat(new RawClient(socket).get("/v1/a").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void refusesAProtocolThatItDoesNotSpeak() throws IOException {
        try (SSLSocket socket = connect(one.made().trusting())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"spdy/3"});
            socket.setSSLParameters(parameters);
            assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
        }
    }

    @Test
    void tellsWhoSpeaksPlainHttpThatThisIsHttps() throws IOException {
        try (RawClient client = gateway.connect().get("/v1/models")) {
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).contains("plain HTTP request was sent to an HTTPS port");
            assertThat(answer.field("Connection")).isEqualTo("close");
        }
        assertThat(gateway.reached()).isZero();
    }

    @Test
    void givesNewConnectionsTheNewCertificateAndLeavesRunningOnesAlone() throws Exception {
        CountDownLatch finish = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "text/event-stream"), -1);
            ScriptedGateway.write(sink, "data: 1\n\n");
            sink.flush();
            finish.await();
            ScriptedGateway.write(sink, "data: 2\n\n");
            sink.end();
        });
        try (RawClient running = new RawClient(connect(one.made().trusting())).get("/v1/stream")) {
            running.readHead();
            assertThat(running.chunk()).isEqualTo("data: 1\n\n");
            Certificate before = shown();
            install(other);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (shown().equals(before) && System.nanoTime() < end) {
                Thread.sleep(50);
            }
            assertThat(shown()).isNotEqualTo(before);
            finish.countDown();
            assertThat(running.chunk()).isEqualTo("data: 2\n\n");
            assertThat(running.chunk()).isEmpty();
        }
    }

    /** The certificate that a new connection gets. */
    private Certificate shown() throws IOException {
        for (PemFiles pair : new PemFiles[] {one, other}) {
            try (SSLSocket socket = connect(pair.made().trusting())) {
                socket.startHandshake();
                return socket.getSession().getPeerCertificates()[0];
            } catch (SSLException e) {
                // it is the other one
            }
        }
        throw new AssertionError("neither certificate was shown");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tellsWithinASecondThatTheClientHasGone(boolean abruptly) throws Exception {
        Quickest.within(Duration.ofSeconds(1), () -> toldAfter(abruptly));
    }

    private Duration toldAfter(boolean abruptly) throws Exception {
        CompletableFuture<Long> gone = new CompletableFuture<>();
        CountDownLatch running = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            CountDownLatch cancelled = new CountDownLatch(1);
            try (var _ = request.watch(() -> {
                gone.complete(System.nanoTime());
                cancelled.countDown();
            })) {
                running.countDown();
                cancelled.await();
            }
        });
        Socket plain =
                new Socket(InetAddress.getLoopbackAddress(), gateway.server().port());
        SSLSocket socket = (SSLSocket) one.made()
                .trusting()
                .getSocketFactory()
                .createSocket(plain, "localhost", gateway.server().port(), true);
        new RawClient(socket).get("/v1/slow");
        running.await();
        long left = System.nanoTime();
        if (abruptly) {
            plain.close();
        } else {
            socket.close();
        }
        return Duration.ofNanos(gone.get(20, TimeUnit.SECONDS) - left);
    }

    @Test
    void cutsAClientThatDoesNotReadItsAnswer() throws Exception {
        gateway.close();
        gateway = new ScriptedGateway(
                files, Duration.ofSeconds(10), ClientPatience.DEFAULT.withIdle(Duration.ofMillis(300)));
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), -1);
            try {
                for (int i = 0; i < 1000; i++) {
                    sink.write(new byte[1 << 20], 0, 1 << 20);
                }
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        try (RawClient _ = new RawClient(connect(one.made().trusting())).get("/v1/a")) {
            assertThat(failure.get(20, TimeUnit.SECONDS)).hasMessageContaining("does not read");
        }
    }
}
