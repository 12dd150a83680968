package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.PemFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that begin a handshake, or only a connection, and leave it at that. */
@Timeout(60)
class HandshakesTest {
    private static final long SECOND = 1_000_000_000L;

    /** One that says what it is told to. */
    private static final class Scripted implements Handshakes.Handshake {
        private final long age;
        private final boolean waits;
        private boolean cut;

        Scripted(long age, boolean waits) {
            this.age = age;
            this.waits = waits;
        }

        @Override
        public long age(long nowNanos) {
            return age;
        }

        @Override
        public boolean waits(long nowNanos) {
            return waits;
        }

        @Override
        public void giveUp() {
            cut = true;
        }
    }

    @Test
    void theOldestThatWaitsForItsClientMakesRoom() {
        Handshakes handshakes = new Handshakes(4);
        Scripted busy = new Scripted(9 * SECOND, false);
        Scripted fresh = new Scripted(SECOND / 2, true);
        Scripted older = new Scripted(5 * SECOND, true);
        Scripted old = new Scripted(3 * SECOND, true);
        List.of(busy, older, old, fresh)
                .forEach(one -> assertThat(handshakes.begin(one)).isTrue());

        assertThat(handshakes.begin(new Scripted(0, true))).isTrue();
        assertThat(older.cut).isTrue();
        assertThat(handshakes.begin(new Scripted(0, true))).isTrue();
        assertThat(old.cut).isTrue();
        // who computes, or has only just begun, is not closed for anybody
        assertThat(handshakes.begin(new Scripted(0, true))).isFalse();
        assertThat(busy.cut || fresh.cut).isFalse();
        assertThat(handshakes.figures()).isEqualTo(new HandshakeFigures(4, 0, 0, 3));

        handshakes.end(busy);
        assertThat(handshakes.begin(new Scripted(0, true))).isTrue();
    }

    @Test
    void oneThatFailsOrTakesTooLongIsCountedOnce() {
        Handshakes handshakes = new Handshakes(4);
        Scripted slow = new Scripted(SECOND, true);
        Scripted failing = new Scripted(SECOND, true);
        handshakes.begin(slow);
        handshakes.begin(failing);
        handshakes.giveUp(slow);
        handshakes.refused(slow); // its thread finds the connection closed
        handshakes.refused(failing);
        handshakes.end(failing);
        assertThat(slow.cut).isTrue();
        assertThat(handshakes.figures()).isEqualTo(new HandshakeFigures(0, 1, 1, 0));
    }

    @Test
    void silentConnectionsKeepOutNobodyWhoSpeaks(@TempDir Path directory) throws Exception {
        PemFiles pem = PemFiles.make(directory);
        int most = 20;
        GatewayServer.Settings settings = new GatewayServer.Settings(
                "127.0.0.1",
                0,
                List.of(),
                1 << 20,
                Duration.ofSeconds(1),
                // so that it is not their time that ends them
                new ClientPatience(
                        Duration.ofMinutes(5), Duration.ofMinutes(5), 0, Duration.ofMinutes(5), Duration.ofMinutes(5)),
                false,
                most);
        List<Socket> silent = new ArrayList<>();
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                GatewayServer server =
                        new GatewayServer(settings, files, InstantSource.system(), HandshakesTest::answer)) {
            server.start();
            InetAddress here = InetAddress.getLoopbackAddress();
            for (int i = 0; i < most; i++) {
                Socket socket = new Socket(here, server.port());
                silent.add(socket);
                if (i % 2 == 1) {
                    socket.getOutputStream().write(new byte[] {22, 3, 1}); // of a record that does not come
                }
            }
            Eventually.holds("all are under way", () -> server.handshakes().underWay() == most);
            Eventually.holds("their second is over, and one who speaks is served", () -> served(pem, server.port()));
            for (int i = 0; i < 3; i++) {
                assertThat(served(pem, server.port())).isTrue();
            }
            assertThat(server.handshakes().crowded()).isPositive();
            assertThat(server.handshakes().underWay()).isLessThan(most);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void aHandshakeMayTakeAsLongAsAHead(@TempDir Path directory) throws Exception {
        PemFiles pem = PemFiles.make(directory);
        ClientPatience little = new ClientPatience(
                Duration.ofMillis(200), Duration.ofSeconds(30), 0, Duration.ofSeconds(30), Duration.ofSeconds(30));
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                ScriptedGateway hasty = new ScriptedGateway(files, Duration.ofSeconds(1), little);
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), hasty.server().port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1});
            try {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            } catch (SocketException e) {
                // reset
            }
            Eventually.holds("it is counted", () -> hasty.server().handshakes().slow() == 1);
        }
    }

    private static void answer(io.llmproxy.gateway.ClientRequest request, io.llmproxy.gateway.ResponseSink sink) {
        try {
            ScriptedGateway.send(sink, "text/plain", "served");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean served(PemFiles pem, int port) {
        try (SSLSocket socket = (SSLSocket)
                        pem.made().trusting().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
                RawClient client = new RawClient(socket)) {
            return client.get("/v1/a").answer().body().equals("served");
        } catch (IOException | IllegalStateException | AssertionError e) {
            return false;
        }
    }
}
