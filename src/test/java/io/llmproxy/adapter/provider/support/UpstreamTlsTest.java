package io.llmproxy.adapter.provider.support;

import static io.llmproxy.adapter.provider.support.HttpUpstreamTest.assertFails;
import static io.llmproxy.adapter.provider.support.TestUpstream.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose word on an upstream is taken: the operator's authorities, the operating system's, and Java's, all of them. */
class UpstreamTlsTest {
    @TempDir
    static Path directory;

    private static TestCertificate ofTheHouse;
    private static TestCertificate ofTheOperator;

    @BeforeAll
    static void makeCertificates() throws Exception {
        ofTheHouse = TestCertificate.of(Files.createDirectory(directory.resolve("house")), "ip:127.0.0.1");
        ofTheOperator = TestCertificate.of(Files.createDirectory(directory.resolve("operator")), "ip:127.0.0.1");
    }

    private static String asked(TestCertificate server, UpstreamTls tls) throws Exception {
        try (FakeProvider fake = FakeProvider.startTls(server.server()).on("/ok", Script.answer(200, "fine"))) {
            return post(
                            TestUpstream.to(fake.port())
                                    .host("127.0.0.1")
                                    .tls(tls.get())
                                    .build(),
                            "/ok")
                    .body();
        }
    }

    private static List<X509Certificate> machine() throws Exception {
        Path bundle = Files.writeString(
                directory.resolve("ca-certificates.crt"),
                "# A house - of its own\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
                        + ofTheHouse.certificatePem()
                        + "\n-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n");
        Path empty = Files.writeString(directory.resolve("empty.pem"), "nothing\n");
        return SystemAuthorities.ofFirst(List.of(directory.resolve("missing.pem"), empty, bundle));
    }

    @Test
    void theOperatingSystemsAuthoritiesAreBelieved() throws Exception {
        List<X509Certificate> machine = machine();
        assertThat(machine).hasSize(1);
        assertThat(asked(ofTheHouse, new UpstreamTls(List.of(), null, () -> machine)))
                .isEqualTo("fine");
        assertFails(Kind.CONNECT, () -> asked(ofTheOperator, new UpstreamTls(List.of(), null, () -> machine)));
        assertFails(Kind.CONNECT, () -> asked(ofTheHouse, new UpstreamTls(List.of(), null, List::of)));
    }

    @Test
    void theOperatorsAreBelievedBesides() throws Exception {
        List<X509Certificate> machine = machine();
        List<X509Certificate> own = new PemFile(ofTheOperator.certificatePem()).certificates();
        UpstreamTls both = new UpstreamTls(own, null, () -> machine);
        assertThat(asked(ofTheHouse, both)).isEqualTo("fine");
        assertThat(asked(ofTheOperator, both)).isEqualTo("fine");
        assertThat(UpstreamTls.believed(own)).containsAll(own).containsAll(javas());
    }

    private static List<X509Certificate> javas() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<X509Certificate> all = Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .flatMap(manager -> Arrays.stream(manager.getAcceptedIssuers()))
                .toList();
        assertThat(all).isNotEmpty();
        return all;
    }

    @Test
    void whereThereIsNoSuchFileThereAreNone() {
        assertThat(SystemAuthorities.ofFirst(List.of(directory.resolve("missing.pem"), directory)))
                .isEmpty();
    }
}
