package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAuthority;
import io.llmproxy.testing.TestAuthority.PemPair;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Health and metrics over HTTPS: what is shown, in which header fields, and when the certificate ends. */
@Timeout(60)
class AdminTlsTest {
    @TempDir
    static Path directory;

    private static TestAuthority authority;
    private static TestAppliance appliance;
    private static URI admin;

    @BeforeAll
    static void start() throws Exception {
        authority = TestAuthority.create("admin");
        PemPair own = authority.issue("CN=admin", "ip:127.0.0.1").write(directory, "admin");
        appliance = TestAppliance.builder()
                .set("admin.tls.certificate", own.certificate().toString())
                .set("admin.tls.key", own.key().toString())
                .set("admin.tls.min-version", "1.3")
                .start();
        admin = URI.create(Objects.requireNonNull(appliance.appliance().adminUrl()));
    }

    @AfterAll
    static void stop() {
        appliance.close();
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return get(admin, path);
    }

    private static HttpResponse<String> get(URI base, String path) throws Exception {
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(authority.client(null)).build()) {
            return client.send(HttpRequest.newBuilder(base.resolve(path)).build(), BodyHandlers.ofString());
        }
    }

    @Test
    void answersByTlsAloneAndTellsBrowsersSo() throws Exception {
        assertThat(admin.getScheme()).isEqualTo("https");
        assertThat(appliance.appliance().readyLine()).contains("admin=https://127.0.0.1:");
        HttpResponse<String> live = get("/health/live");
        assertThat(live.statusCode()).isEqualTo(200);
        assertThat(live.headers().firstValue("Strict-Transport-Security")).hasValue("max-age=31536000");
        assertThat(live.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(live.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(live.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(live.headers().firstValue("Content-Security-Policy"))
                .hasValue("default-src 'none'; frame-ancestors 'none'");
        // what is no operation is refused with the same fields
        assertThat(get("/nowhere").headers().firstValue("Strict-Transport-Security"))
                .isPresent();
    }

    @Test
    void tellsWhoSpeaksPlainHttp() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), admin.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write("GET /metrics HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 400 ")
                    .endsWith("use https://\n");
        }
    }

    @Test
    void measuresHowLongTheCertificateIsValid() throws Exception {
        PemPair own = authority.issue("CN=admin", "ip:127.0.0.1").write(directory.resolve("measured"), "admin");
        // of its own, since the library's registry ends with the first appliance that does
        try (TestAppliance measured = TestAppliance.builder()
                .set("admin.tls.certificate", own.certificate().toString())
                .set("admin.tls.key", own.key().toString())
                .start()) {
            URI base = URI.create(Objects.requireNonNull(measured.appliance().adminUrl()));
            assertThat(get(base, "/metrics").body())
                    .containsPattern("llmproxy_tls_certificate_expiry_seconds\\{listener=\"admin\"} [0-9]{7}\\.0");
        }
    }

    @Test
    void showsTheCertificateAndWarnsBeforeItsEnd() throws Exception {
        Path other = directory.resolve("other");
        PemPair own = authority.issue("CN=admin", "ip:127.0.0.1").write(other, "admin");
        try (TestAppliance ending = TestAppliance.builder()
                .set("admin.tls.certificate", own.certificate().toString())
                .set("admin.tls.key", own.key().toString())
                .start()) {
            TestAppliance.Ctl fresh = ending.ctl("tls", "show");
            assertThat(fresh.value()).contains("CN=admin", own.certificate().toString());
            assertThat(fresh.err()).doesNotContain("warning");
            assertThat(ending.ctl("status").value()).doesNotContain("expires");
            ending.clock().advance(Duration.ofDays(61));
            assertThat(ending.ctl("status").value()).contains("the admin's certificate", "expires in 2");
            assertThat(ending.ctl("tls", "show").err()).contains("warning: admin:", "renew it");
            ending.clock().advance(Duration.ofDays(28));
            assertThat(ending.ctl("tls", "show").err()).contains("within a day");
            ending.clock().advance(Duration.ofDays(2));
            assertThat(ending.ctl("tls", "show").err()).contains("has expired");
            assertThat(ending.ctl("tls", "show", "-o", "json").value()).contains("\"daysLeft\": -");
        }
    }

    @Test
    void filesThatCannotBeUsedAreAWrongConfiguration() throws Exception {
        Path rubbish = Files.writeString(directory.resolve("rubbish"), "rubbish");
        assertThatThrownBy(() -> TestAppliance.builder()
                        .set("admin.tls.certificate", rubbish.toString())
                        .set("admin.tls.key", rubbish.toString())
                        .tryStart())
                .isInstanceOfSatisfying(
                        StartException.class, e -> assertThat(e.exitCode()).isEqualTo(StartException.USAGE))
                .hasMessageContaining("admin.tls.certificate " + rubbish);
    }

    @Test
    void withoutACertificateThereIsNothingToShow() {
        try (TestAppliance plain = TestAppliance.start()) {
            TestAppliance.Ctl shown = plain.ctl("tls", "show");
            assertThat(shown.value()).isEmpty();
            assertThat(shown.err()).contains("no listener has a certificate");
            assertThat(plain.ctl("tls", "show", "-o", "json").value()).isEqualTo("[]");
        }
    }
}
