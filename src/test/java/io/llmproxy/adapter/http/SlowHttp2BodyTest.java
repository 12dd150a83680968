package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.testing.PemFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A body that comes too slowly over HTTP/2, from a client's socket to what the gateway reads; others of its connection go on. */
@Timeout(60)
class SlowHttp2BodyTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    @TempDir
    Path made;

    private CertificateFiles files;
    private HttpClient client;

    @BeforeEach
    void setUp() throws Exception {
        PemFiles pem = PemFiles.make(made);
        files = CertificateFiles.open(TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(pem.made().trusting())
                .build();
    }

    @AfterEach
    void tearDown() {
        client.shutdownNow();
        files.close();
    }

    /** A byte every 20 ms. */
    private static final class Trickle extends InputStream {
        private int left;

        Trickle(int bytes) {
            left = bytes;
        }

        @Override
        public int read() throws IOException {
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                throw new InterruptedIOException();
            }
            return left-- > 0 ? 'x' : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int one = read();
            if (one < 0) {
                return -1;
            }
            bytes[offset] = (byte) one;
            return 1;
        }
    }

    private ScriptedGateway gateway(ClientPatience patience) throws IOException {
        return new ScriptedGateway(files, Duration.ofSeconds(2), patience);
    }

    private static HttpRequest.Builder request(ScriptedGateway gateway, String path) {
        return HttpRequest.newBuilder(
                        URI.create("https://localhost:" + gateway.server().port() + path))
                .timeout(Duration.ofSeconds(40));
    }

    @Test
    void belowTheRateIsGivenUpAndTheConnectionGoesOn() throws Exception {
        ClientPatience patience = new ClientPatience(LONG, LONG, 100_000, Duration.ofMillis(300), LONG);
        try (ScriptedGateway gateway = gateway(patience)) {
            assertThat(client.send(request(gateway, "/v1/before").build(), BodyHandlers.ofString())
                            .version())
                    .isEqualTo(HttpClient.Version.HTTP_2);
            CompletableFuture<IOException> failure = new CompletableFuture<>();
            gateway.serving((request, sink) -> {
                try {
                    request.body().readAllBytes();
                } catch (IOException e) {
                    failure.complete(e);
                    sink.fail(new ProxyError.TooSlow("too slow"), new HeaderFields());
                }
            });
            CompletableFuture<HttpResponse<String>> slow = client.sendAsync(
                    request(gateway, "/v1/slow")
                            .POST(BodyPublishers.ofInputStream(() -> new Trickle(Integer.MAX_VALUE)))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(failure.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(InterruptedIOException.class)
                    .hasMessageContaining("too slowly");
            assertThat(slow.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(408);
            gateway.serving(ScriptedGateway::echo);
            assertThat(client.send(request(gateway, "/v1/next").build(), BodyHandlers.ofString())
                            .body())
                    .startsWith("GET /v1/next");
        }
    }

    @Test
    void aboveTheRateIsServedHoweverLongItTakes() throws Exception {
        ClientPatience patience = new ClientPatience(LONG, LONG, 1, Duration.ofSeconds(5), LONG);
        try (ScriptedGateway gateway = gateway(patience)) {
            HttpRequest slow = request(gateway, "/v1/slow")
                    .POST(BodyPublishers.ofInputStream(() -> new Trickle(40)))
                    .build();

            assertThat(client.send(slow, BodyHandlers.ofString()).body()).endsWith("x".repeat(40));
        }
    }
}
