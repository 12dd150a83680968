package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.PemFiles;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** By a client that shows what comes behind a body, as the JDK's does not. */
class Http2TrailersTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(longs = {-1, 5})
    void comeAfterTheBodyButNoneThatMustComeBeforeIt(long declared) throws Exception {
        Answer answer = answer(
                declared,
                "hello",
                HeaderFields.of(
                        "X-Sum",
                        "1",
                        "Content-Length",
                        "3",
                        "Connection",
                        "close",
                        "set-cookie",
                        "a",
                        "x-b",
                        "c\r\nd"));
        assertThat(answer.body()).isEqualTo("hello");
        assertThat(answer.trailers()).isEqualTo("x-sum: 1\n");
    }

    @Test
    void comeAfterABodyThatIsLongerThanAFrame() throws Exception {
        String body = "0123456789abcdef".repeat(10_000);
        Answer answer = answer(-1, body, HeaderFields.of("x-sum", "2", "x-b", "\u00e9"));
        assertThat(answer.body()).isEqualTo(body);
        assertThat(answer.trailers()).startsWith("x-sum: 2\nx-b: ");
    }

    private record Answer(String body, String trailers) {}

    private Answer answer(long declared, String body, HeaderFields trailers) throws Exception {
        PemFiles pem = PemFiles.make(directory);
        X509TrustManager trust = trust(pem.made().certificatePem());
        OkHttpClient client = new OkHttpClient.Builder()
                .sslSocketFactory(pem.made().trusting().getSocketFactory(), trust)
                .build();
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                ScriptedGateway gateway = new ScriptedGateway(files, Duration.ofSeconds(10), ClientPatience.DEFAULT)) {
            gateway.serving((request, sink) -> {
                sink.head(200, new HeaderFields(), declared);
                ScriptedGateway.write(sink, body);
                sink.end(trailers);
            });
            Request request = new Request.Builder()
                    .url("https://localhost:" + gateway.server().port() + "/v1/a")
                    .build();
            try (Response response = client.newCall(request).execute()) {
                assertThat(response.protocol()).isEqualTo(Protocol.HTTP_2);
                String read = Objects.requireNonNull(response.body()).string();
                return new Answer(read, response.trailers().toString());
            }
        } finally {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }

    private static X509TrustManager trust(String pem) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "up",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }
}
