package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.llmproxy.config.ConfigException;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.PemFiles;
import io.llmproxy.testing.TestAppliance;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.stream.Collectors;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The appliance with a certificate: how it starts, what it says, and OpenAI's own client over HTTPS and HTTP/2. */
@Timeout(60)
class HttpsApplianceTest {
    @TempDir
    static Path made;

    private static PemFiles pem;

    @BeforeAll
    static void make() throws Exception {
        pem = PemFiles.make(made);
    }

    private static TestAppliance.Builder secure() {
        return TestAppliance.builder()
                .set("gateway.tls.certificate", pem.certificate().toString())
                .set("gateway.tls.key", pem.key().toString());
    }

    @Test
    void openAisOwnClientChatsAndStreamsOverHttp2() throws Exception {
        try (FakeProvider upstream = FakeProvider.start();
                TestAppliance appliance = secure().start()) {
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            assertThat(appliance.appliance().readyLine()).contains("gateway=https://127.0.0.1:");
            assertThat(version(appliance.gateway())).isEqualTo(HttpClient.Version.HTTP_2);
            OpenAIClient client = OpenAIOkHttpClient.builder()
                    .apiKey(key)
                    .baseUrl(appliance.gateway() + "/v1")
                    .sslSocketFactory(pem.made().trusting().getSocketFactory())
                    .trustManager(trustManager())
                    .maxRetries(0)
                    .build();
            ChatCompletionCreateParams hello = ChatCompletionCreateParams.builder()
                    .model("gpt-4o-mini")
                    .addUserMessage("Hello")
                    .build();
            assertThat(client.chat()
                            .completions()
                            .create(hello)
                            .choices()
                            .getFirst()
                            .message()
                            .content())
                    .contains("Hello from the fake.");
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(hello)) {
                String text = stream.stream()
                        .flatMap(chunk -> chunk.choices().stream())
                        .map(choice -> choice.delta().content().orElse(""))
                        .collect(Collectors.joining());
                assertThat(text).isEqualTo("Hello from the fake.");
            }
            client.close();
        }
    }

    private static HttpClient.Version version(URI gateway) throws Exception {
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(pem.made().trusting()).build()) {
            return client.send(
                            HttpRequest.newBuilder(gateway.resolve("/v1/models"))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .version();
        }
    }

    private static X509TrustManager trustManager() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(made.resolve("server.p12"))) {
            store.load(in, "changeit".toCharArray());
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                "gateway", store.getCertificate(store.aliases().nextElement()));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    @Test
    void filesThatCannotBeUsedAreAWrongConfiguration() {
        assertThatThrownBy(() ->
                        secure().set("gateway.tls.key", "/nowhere/key.pem").tryStart())
                .isInstanceOfSatisfying(
                        StartException.class, e -> assertThat(e.exitCode()).isEqualTo(StartException.USAGE))
                .hasMessageContaining("gateway.tls.key /nowhere/key.pem");
    }

    @Test
    void oneFileWithoutTheOtherIsAWrongConfiguration() {
        assertThatThrownBy(() -> TestAppliance.builder()
                        .set("gateway.tls.key", pem.key().toString())
                        .tryStart())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("gateway.tls.key")
                .hasMessageContaining("gateway.tls.certificate");
    }

    @Test
    void anExpiredCertificateIsAFaultInTheStatus() {
        try (TestAppliance appliance = secure().start()) {
            assertThat(appliance.ctl("status").value()).doesNotContain("has expired");
            appliance.clock().advance(Duration.ofDays(4000));
            assertThat(appliance.ctl("status").value()).contains("has expired");
        }
    }
}
