package io.llmproxy.adapter.http.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.PemFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a connection with TLS holds while nothing happens on it. */
@Timeout(60)
class TlsStreamTest {
    private static final long LATER = 2 * TlsStream.IDLE.toNanos();

    @TempDir
    Path directory;

    @Test
    void anIdleConnectionHoldsNoBuffersAndGoesOn() throws Exception {
        PemFiles pem = PemFiles.make(directory);
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Socket connected = new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort());
                Socket accepted = listener.accept()) {
            TlsStream stream = new TlsStream(
                    files.engine(),
                    List.of("http/1.1"),
                    DataReader.create(() -> bytes(accepted)),
                    new SocketWriter(accepted.getOutputStream()));
            FutureTask<Void> echo = new FutureTask<>(() -> echo(stream), null);
            Thread.ofVirtual().start(echo);
            SSLSocket client = (SSLSocket) pem.made()
                    .trusting()
                    .getSocketFactory()
                    .createSocket(connected, "localhost", connected.getPort(), true);
            client.setSoTimeout(30_000);

            assertThat(echoed(client, 5)).isEqualTo(5);
            Eventually.holds("it waits for the client", () -> stream.waiting(System.nanoTime()) > 0);
            assertThat(stream.idleBytes()).isGreaterThan(32 * 1024);
            stream.giveUpBuffers(System.nanoTime());
            assertThat(stream.idleBytes()).as("it has only just been idle").isPositive();
            stream.giveUpBuffers(System.nanoTime() + LATER);
            assertThat(stream.idleBytes()).isZero();

            // with new ones, while another thread gives up what it can
            Thread sweeper = Thread.ofPlatform().daemon().start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    stream.giveUpBuffers(System.nanoTime() + LATER);
                }
            });
            for (int i = 1; i <= 40; i++) {
                assertThat(echoed(client, i * 1500)).isEqualTo(i * 1500);
            }
            sweeper.interrupt();
            sweeper.join();
            client.close();
            echo.get(30, TimeUnit.SECONDS);
        }
    }

    private static void echo(TlsStream stream) {
        stream.handshake();
        for (byte[] bytes = stream.get(); bytes != null; bytes = stream.get()) {
            stream.writeNow(BufferData.create(bytes));
        }
        stream.end(); // the client waits for it
    }

    /** How many of so many bytes came back as they were. */
    private static int echoed(SSLSocket client, int count) throws IOException {
        byte[] sent = new byte[count];
        new Random(count).nextBytes(sent);
        client.getOutputStream().write(sent);
        byte[] back = client.getInputStream().readNBytes(count);
        return Arrays.equals(sent, back) ? back.length : -1;
    }

    private static byte @Nullable [] bytes(Socket socket) {
        try {
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[8192];
            int read = in.read(buffer);
            return read < 0 ? null : Arrays.copyOf(buffer, read);
        } catch (IOException e) {
            return null;
        }
    }

    private record SocketWriter(OutputStream out) implements DataWriter {
        @Override
        public void write(BufferData... buffers) {
            writeNow(buffers);
        }

        @Override
        public void write(BufferData buffer) {
            writeNow(buffer);
        }

        @Override
        public void writeNow(BufferData... buffers) {
            for (BufferData buffer : buffers) {
                writeNow(buffer);
            }
        }

        @Override
        public void writeNow(BufferData buffer) {
            buffer.writeTo(out);
        }
    }
}
