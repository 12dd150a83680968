package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.testing.PemFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers to HTTP/1.0 without a length, of which only a reset tells that they were cut. */
@Timeout(60)
class AbruptEndTest {
    private static final byte[] LARGE = new byte[3 << 20];
    private static final int CUT = 2 << 20;

    @TempDir
    static Path made;

    /** How the gateway is reached, and what is said first. */
    enum Way {
        PLAIN,
        TLS,
        PROXIED
    }

    /** What came of a body, and whether the connection was closed in order behind it. */
    private record Got(int bytes, boolean closed) {}

    private static Got read(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        boolean closed = true;
        try {
            in.transferTo(all);
        } catch (IOException e) {
            closed = false;
        }
        byte[] got = all.toByteArray();
        String head = new String(Arrays.copyOf(got, Math.min(got.length, 500)), StandardCharsets.ISO_8859_1);
        return new Got(got.length - head.indexOf("\r\n\r\n") - 4, closed);
    }

    private static ScriptedGateway gateway(Way way, @Nullable CertificateFiles certificate, ClientPatience patience)
            throws IOException {
        Duration grace = Duration.ofSeconds(10);
        return way == Way.PROXIED
                ? new ScriptedGateway(null, grace, patience, true, "127.0.0.1")
                : new ScriptedGateway(way == Way.TLS ? certificate : null, grace, patience);
    }

    private static Socket ask(ScriptedGateway gateway, Way way, @Nullable PemFiles pem) throws IOException {
        InetAddress here = InetAddress.getLoopbackAddress();
        int port = gateway.server().port();
        Socket socket = pem != null && way == Way.TLS
                ? pem.made().trusting().getSocketFactory().createSocket(here, port)
                : new Socket(here, port);
        socket.setSoTimeout(30_000);
        String header = way == Way.PROXIED ? "PROXY TCP4 203.0.113.9 127.0.0.1 5555 80\r\n" : "";
        socket.getOutputStream().write((header + "GET /v1/a HTTP/1.0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static void begin(ResponseSink sink, int bytes) throws IOException {
        sink.head(200, HeaderFields.of("Content-Type", "application/octet-stream"), -1);
        sink.write(LARGE, 0, bytes);
        sink.flush();
    }

    private static void whole(ClientRequest request, ResponseSink sink) throws IOException {
        begin(sink, LARGE.length);
        sink.end();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aCutOneEndsInAResetAndAWholeOneDoesNot(Way way) throws Exception {
        PemFiles pem = PemFiles.make(made.resolve(way.name()));
        CountDownLatch arrived = new CountDownLatch(1);
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                ScriptedGateway gateway = gateway(way, files, ClientPatience.DEFAULT)) {
            gateway.serving((request, sink) -> {
                begin(sink, CUT);
                arrived.await();
                sink.fail(ProxyError.Upstream.unreachable("gone"), new HeaderFields());
            });
            try (Socket socket = ask(gateway, way, pem)) {
                assertThat(socket.getInputStream().readNBytes(CUT)).hasSize(CUT);
                arrived.countDown();
                assertThat(read(socket).closed()).isFalse();
            }

            gateway.serving(AbruptEndTest::whole);
            try (Socket socket = ask(gateway, way, pem)) {
                assertThat(read(socket)).isEqualTo(new Got(LARGE.length, true));
            }
        }
    }

    /** What is complete lies in the system's buffers when the server closes, and comes whole to who reads later. */
    @Test
    void aWholeOneComesToWhoReadsItAfterTheEnd() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedGateway gateway = gateway(Way.PLAIN, null, ClientPatience.DEFAULT)) {
            gateway.serving((request, sink) -> {
                sink.head(200, new HeaderFields(), -1);
                sink.write(LARGE, 0, (1 << 20) + 1);
                sink.end();
                ended.countDown();
            });
            try (Socket socket = new Socket()) {
                socket.setReceiveBufferSize(4 << 20);
                socket.connect(new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), gateway.server().port()));
                socket.getOutputStream().write("GET /v1/a HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                ended.await();
                Thread.sleep(300); // the server has closed it by then
                assertThat(read(socket)).isEqualTo(new Got((1 << 20) + 1, true));
            }
        }
    }

    /** Who does not read is cut by another thread than the one that writes to him. */
    @Test
    void whoDoesNotReadIsResetToo() throws Exception {
        ClientPatience patience = ClientPatience.DEFAULT.withIdle(Duration.ofSeconds(1));
        try (ScriptedGateway gateway = gateway(Way.PLAIN, null, patience)) {
            CountDownLatch failed = new CountDownLatch(1);
            gateway.serving((request, sink) -> {
                try {
                    begin(sink, LARGE.length);
                    for (int i = 0; i < 100; i++) {
                        sink.write(LARGE, 0, LARGE.length);
                    }
                } finally {
                    failed.countDown();
                }
            });
            try (Socket socket = ask(gateway, Way.PLAIN, null)) {
                failed.await();
                assertThat(read(socket).closed()).isFalse();
            }
        }
    }

    /** Of two connections of one client it is the one that was cut. */
    @Test
    void othersOfTheSameClientGoOn() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedGateway gateway = gateway(Way.PLAIN, null, ClientPatience.DEFAULT);
                RawClient other = gateway.connect()) {
            gateway.serving((request, sink) -> ScriptedGateway.send(sink, "text/plain", "fine"));
            assertThat(other.get("/v1/b").answer().body()).isEqualTo("fine");
            gateway.serving((request, sink) -> {
                begin(sink, CUT);
                cut.await();
                sink.fail(ProxyError.Upstream.unreachable("gone"), new HeaderFields());
            });
            try (Socket socket = ask(gateway, Way.PLAIN, null)) {
                assertThat(socket.getInputStream().readNBytes(CUT)).hasSize(CUT);
                cut.countDown();
                assertThat(read(socket).closed()).isFalse();
            }
            gateway.serving((request, sink) -> ScriptedGateway.send(sink, "text/plain", "still"));
            assertThat(other.get("/v1/b").answer().body()).isEqualTo("still");
        }
    }
}
