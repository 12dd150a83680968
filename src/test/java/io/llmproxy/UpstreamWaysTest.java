package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProxy;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import io.llmproxy.testing.TestCertificate;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways to a provider: own authorities, client certificates, proxies, and files that change. */
class UpstreamWaysTest {
    private static final String LOGIN = "gate:open-sesame";

    @TempDir
    static Path directory;

    private static TestCertificate certificate;
    private static Path caFile;
    private static Path keyFile;

    private final List<AutoCloseable> open = new ArrayList<>();
    private TestAppliance appliance;
    private String key;
    private Http http;

    @BeforeAll
    static void makeCertificate() throws Exception {
        certificate = TestCertificate.of(directory, "dns:up.test,ip:127.0.0.1");
        caFile = Files.writeString(directory.resolve("ca.pem"), "# our own\n" + certificate.certificatePem());
        keyFile = Files.writeString(directory.resolve("key.pem"), certificate.keyPem());
    }

    @BeforeEach
    void setUp() throws IOException {
        start("secrets.directories", directory.toRealPath().toString());
    }

    private void start(String... settings) {
        TestAppliance.Builder builder = TestAppliance.builder();
        for (int i = 0; i < settings.length; i += 2) {
            builder.set(settings[i], settings[i + 1]);
        }
        appliance = opened(builder.start());
        appliance.ctl("tenant", "create", "acme").value();
        key = appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value();
        http = opened(new Http(appliance.gateway(), key));
    }

    private <T extends AutoCloseable> T opened(T part) {
        open.addFirst(part);
        return part;
    }

    @AfterEach
    void tearDown() throws Exception {
        for (AutoCloseable part : open) {
            part.close();
        }
    }

    private Ctl provider(String verb, URI baseUrl, String... options) {
        List<String> args = new ArrayList<>(List.of("-t", "acme", "provider", verb, "up"));
        if (verb.equals("create")) {
            args.addAll(List.of("--type", "custom", "--base-url", baseUrl.toString()));
        }
        args.addAll(List.of(options));
        return appliance.ctl(args.toArray(String[]::new));
    }

    private String shown() {
        return appliance
                .ctl("-t", "acme", "provider", "show", "up", "-o", "json")
                .value();
    }

    @Test
    void believesTheAuthorityThatAProviderNames() {
        FakeProvider upstream = opened(FakeProvider.startTls(certificate.server()));
        provider("create", upstream.baseUrl()).value();
        assertThat(http.chat().statusCode()).as("unknown authority").isEqualTo(502);
        provider("update", upstream.baseUrl(), "--ca-file", caFile.toString()).value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
        assertThat(shown()).contains(caFile.toString());
    }

    @Test
    void believesTheAuthorityOfTheInstallation() {
        FakeProvider upstream = opened(FakeProvider.startTls(certificate.server()));
        start("upstream.ca-file", caFile.toString());
        provider("create", upstream.baseUrl()).value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    @Test
    void showsItsCertificateToAProviderThatAsks() {
        FakeProvider upstream = opened(FakeProvider.startTls(certificate.server(), true));
        provider("create", upstream.baseUrl(), "--ca-file", caFile.toString()).value();
        assertThat(http.chat().statusCode()).as("without a certificate").isEqualTo(502);
        Ctl half = provider("update", upstream.baseUrl(), "--client-certificate-file", caFile.toString());
        assertThat(half.code()).isEqualTo(1);
        assertThat(half.err()).contains("clientKeyFile");
        provider(
                        "update",
                        upstream.baseUrl(),
                        "--client-certificate-file",
                        caFile.toString(),
                        "--client-key-file",
                        keyFile.toString())
                .value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    @Test
    void namesNoFileOutsideTheDirectoriesOfSecrets(@TempDir Path elsewhere) throws IOException {
        FakeProvider upstream = opened(FakeProvider.start());
        Path outside = Files.writeString(elsewhere.resolve("ca.pem"), certificate.certificatePem());
        Ctl refused = provider("create", upstream.baseUrl(), "--ca-file", outside.toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("caFile", "secrets.directories");
    }

    @Test
    void goesThroughATunnelWhoseLoginNobodySees() {
        FakeProvider upstream = opened(FakeProvider.startTls(certificate.server()));
        FakeProxy proxy = opened(FakeProxy.start(LOGIN));
        String url = "http://" + LOGIN + "@127.0.0.1:" + proxy.port();
        String made = provider(
                        "create", upstream.baseUrl(), "--ca-file", caFile.toString(), "--proxy", url, "-o", "json")
                .value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
        assertThat(proxy.heads()).hasSize(1);
        assertThat(proxy.heads().getFirst()).startsWith("CONNECT 127.0.0.1:" + upstream.port() + " HTTP/1.1\r\n");
        assertThat(upstream.lastRequest().headers()).doesNotContainKey("proxy-authorization");
        assertThat(made
                        + shown()
                        + appliance
                                .ctl("-t", "acme", "audit", "list", "-o", "json")
                                .out())
                .contains("http://***@127.0.0.1:" + proxy.port())
                .doesNotContain("open-sesame");
    }

    @Test
    void namesTheWholeAddressToAProxyWithoutTls() {
        FakeProvider upstream = opened(FakeProvider.start());
        FakeProxy proxy = opened(FakeProxy.start(LOGIN));
        provider("create", upstream.baseUrl(), "--proxy", "http://" + LOGIN + "@127.0.0.1:" + proxy.port())
                .value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
        assertThat(http.chat().statusCode()).isEqualTo(200);
        assertThat(proxy.heads().getFirst())
                .startsWith("POST " + upstream.origin() + "/v1/chat/completions HTTP/1.1\r\n");
    }

    @Test
    void tellsTheOperatorAndNotTheClientThatAProxyRefuses() {
        FakeProxy proxy = opened(FakeProxy.start(LOGIN));
        FakeProvider plain = opened(FakeProvider.start());
        String url = "http://gate:wrong-word@127.0.0.1:" + proxy.port();
        provider("create", plain.baseUrl(), "--proxy", url).value();
        assertThat(http.chat().statusCode()).isEqualTo(502);
        assertThat(http.chat().body()).doesNotContain("407", "proxy");
        assertThat(provider("test", plain.baseUrl()).err()).contains("407").doesNotContain("wrong-word");
        assertThat(plain.connections()).isZero();
        FakeProvider secure = opened(FakeProvider.startTls(certificate.server()));
        provider("update", plain.baseUrl(), "--base-url", secure.baseUrl().toString())
                .value();
        assertThat(http.chat().statusCode()).isEqualTo(502);
        assertThat(provider("test", plain.baseUrl()).err()).contains("407");
    }

    @Test
    void goesByTheProxyOfTheInstallationButNotToWhatIsExcepted() {
        FakeProxy proxy = opened(FakeProxy.start(null));
        FakeProvider upstream = opened(FakeProvider.start());
        start("upstream.proxy", "http://127.0.0.1:" + proxy.port(), "upstream.no-proxy", ".direct.test");
        URI named = URI.create("http://up.test:" + upstream.port() + "/v1");
        provider("create", named).value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
        assertThat(proxy.heads()).hasSize(1);
        provider("update", named, "--base-url", upstream.baseUrl().toString()).value();
        assertThat(http.chat().statusCode()).as("loopback").isEqualTo(200);
        provider("update", named, "--base-url", "http://x.direct.test:" + upstream.port() + "/v1")
                .value();
        assertThat(http.chat().statusCode()).as("excepted, and not known here").isEqualTo(502);
        assertThat(proxy.heads()).hasSize(1);
    }

    @Test
    void isUnhealthyWhileAFileIsMissingOrBrokenAndHealsByItself() throws IOException {
        FakeProvider upstream = opened(FakeProvider.startTls(certificate.server()));
        Path file = directory.resolve("later.pem");
        Ctl made = provider("create", upstream.baseUrl(), "--ca-file", file.toString());
        assertThat(made.err()).contains("later.pem", "cannot be read");
        assertThat(shown()).contains("unhealthy");
        assertThat(http.chat().statusCode()).isEqualTo(503);
        Files.writeString(file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        await(() -> shown().contains("holds a certificate that cannot be read"));
        Files.writeString(file, certificate.certificatePem());
        await(() -> shown().contains("\"enabled\""));
        assertThat(http.chat().statusCode()).isEqualTo(200);
        Files.writeString(file, "nothing");
        await(() -> shown().contains("holds no certificate"));
    }

    @Test
    void takesUpTheNewContentOfACredentialsFile() throws IOException {
        FakeProvider upstream = opened(FakeProvider.start());
        Path file = Files.writeString(directory.resolve("api-key"), "sk-first\n");
        provider("create", upstream.baseUrl(), "--api-key-file", file.toString())
                .value();
        http.chat();
        assertThat(upstream.lastRequest().header("authorization")).isEqualTo("Bearer sk-first");
        Files.writeString(file, "sk-second-one\n");
        await(() -> {
            http.chat();
            return "Bearer sk-second-one".equals(upstream.lastRequest().header("authorization"));
        });
    }

    @Test
    void asksForTheUsageOfAStreamAsTheOperatorSays() {
        FakeProvider upstream = opened(FakeProvider.start());
        provider("create", upstream.baseUrl(), "--no-stream-usage").value();
        http.post("/v1/chat/completions", Http.CHAT_STREAM);
        assertThat(upstream.lastRequest().text()).isEqualTo(Http.CHAT_STREAM);
        assertThat(shown()).contains("\"streamUsage\"").contains("\"off\"");
        provider("update", upstream.baseUrl(), "--stream-usage", "on").value();
        http.post("/v1/chat/completions", Http.CHAT_STREAM);
        assertThat(upstream.lastRequest().text()).contains("include_usage");
        assertThat(provider("update", upstream.baseUrl(), "--stream-usage", "perhaps")
                        .err())
                .contains("auto, on or off");
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited a minute").isLessThan(end);
            java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
        }
    }
}
