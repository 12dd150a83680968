package io.llmproxy.adapter.http.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.http.tls.TlsSettings.Clients;
import io.llmproxy.testing.TestAuthority;
import io.llmproxy.testing.TestAuthority.Issued;
import io.llmproxy.testing.TestAuthority.PemPair;
import io.llmproxy.testing.TestClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.AlgorithmParameters;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms that keys come in, and what may become of the files while the listener runs. */
class TlsMaterialTest {
    private static final byte[] CURVE = HexFormat.of().parseHex("06082a8648ce3d030107");

    private static TestAuthority authority;

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock();
    private Path certificate;
    private Path key;

    @BeforeAll
    static void make() throws Exception {
        authority = TestAuthority.create("authority");
    }

    @BeforeEach
    void setUp() throws Exception {
        install(authority.issue("CN=one", "dns:one.test"));
    }

    private void install(Issued issued) throws Exception {
        PemPair pair = issued.write(directory, "gateway");
        certificate = pair.certificate();
        key = pair.key();
    }

    private TlsSettings settings(@Nullable Path password, @Nullable Path clients) {
        return new TlsSettings(
                "gateway", certificate, key, password, false, clients == null ? null : new Clients(clients, false));
    }

    private CertificateFiles open() throws CertificateFault {
        return CertificateFiles.open(settings(null, null), clock);
    }

    private static List<String> clients(CertificateFiles files) {
        return Objects.requireNonNull(files.report().clients()).subjects();
    }

    private static String subject(CertificateFiles files) {
        return files.report().subject();
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void keysOfEveryKindAreTaken(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("RSA")) {
            generator.initialize(2048);
        }
        KeyPair pair = generator.generateKeyPair();
        install(authority.issue(pair, Instant.now(), Duration.ofDays(9), "CN=" + algorithm));
        if (algorithm.equals("RSA")) {
            // PKCS#1 is what the octets of PKCS#8 hold
            Der content = new Der(new Der(pair.getPrivate().getEncoded()).expect(Der.SEQUENCE));
            content.expect(Der.INTEGER);
            content.expect(Der.SEQUENCE);
            Files.writeString(key, TestAuthority.pem("RSA PRIVATE KEY", content.expect(Der.OCTETS)));
        }
        try (CertificateFiles files = open()) {
            assertThat(files.report().keyType()).startsWith(algorithm.equals("Ed25519") ? "Ed" : algorithm);
        }
    }

    @Test
    void aKeyInSec1IsTakenWithItsCurveInsideOrBefore() throws Exception {
        KeyPair pair = TestAuthority.ec();
        install(authority.issue(pair, Instant.now(), Duration.ofDays(9), "CN=sec1"));
        Der content = new Der(new Der(pair.getPrivate().getEncoded()).expect(Der.SEQUENCE));
        content.expect(Der.INTEGER);
        content.expect(Der.SEQUENCE);
        Der sec1 = new Der(new Der(content.expect(Der.OCTETS)).expect(Der.SEQUENCE));
        byte[] number = TestAuthority.value(Der.INTEGER, sec1.expect(Der.INTEGER));
        byte[] secret = TestAuthority.value(Der.OCTETS, sec1.expect(Der.OCTETS));
        byte[] inside = TestAuthority.value(Der.SEQUENCE, number, secret, TestAuthority.value(Der.FIRST, CURVE));
        byte[] bare = TestAuthority.value(Der.SEQUENCE, number, secret);
        for (String text : new String[] {
            TestAuthority.pem("EC PRIVATE KEY", inside),
            TestAuthority.pem("EC PARAMETERS", CURVE) + TestAuthority.pem("EC PRIVATE KEY", bare)
        }) {
            Files.writeString(key, text);
            open().close();
        }
        Files.writeString(key, TestAuthority.pem("EC PRIVATE KEY", bare));
        refused(settings(null, null), "is no RSA, EC or Ed25519 key, or is damaged");
        byte[] cut = Arrays.copyOf(inside, inside.length / 2);
        Files.writeString(key, TestAuthority.pem("EC PRIVATE KEY", cut));
        refused(settings(null, null), "is no RSA, EC or Ed25519 key, or is damaged");
    }

    @Test
    void anEncryptedKeyNeedsTheFileWithItsPassword() throws Exception {
        KeyPair pair = TestAuthority.ec();
        install(authority.issue(pair, Instant.now(), Duration.ofDays(9), "CN=sealed"));
        Files.writeString(key, TestAuthority.pem("ENCRYPTED PRIVATE KEY", encrypted(pair, "correct horse")));
        Path password = Files.writeString(directory.resolve("password"), "correct horse\n");
        try (CertificateFiles files = CertificateFiles.open(settings(password, null), clock)) {
            assertThat(subject(files)).isEqualTo("CN=sealed");
        }
        refused(
                settings(null, null),
                "nobody is there to type its password; name a file with it in gateway.tls.key-password-file");
        Files.writeString(password, "wrong");
        refused(settings(password, null), "the password in " + password + " does not open it");
        Files.delete(password);
        refused(settings(password, null), "gateway.tls.key-password-file " + password + ": there is no such file");
    }

    private static byte[] encrypted(KeyPair pair, String password) throws Exception {
        String algorithm = "PBEWithHmacSHA256AndAES_256";
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.ENCRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())));
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("PBES2");
        parameters.init(cipher.getParameters().getEncoded());
        return new EncryptedPrivateKeyInfo(
                        parameters, cipher.doFinal(pair.getPrivate().getEncoded()))
                .getEncoded();
    }

    @Test
    void anUnreadableFileIsNamedAndLeavesTheOldInForce() throws Exception {
        try (CertificateFiles files = open()) {
            // permissions do not keep root from reading, a directory does
            Files.delete(key);
            Files.createDirectory(key);
            assertThat(files.reload()).contains("gateway.tls.key " + key + " cannot be read");
            assertThat(subject(files)).isEqualTo("CN=one");
        }
    }

    @Test
    void halfAFileLeavesTheOldInForce() throws Exception {
        Issued two = authority.issue("CN=two");
        try (CertificateFiles files = open()) {
            String whole = two.pem();
            Files.writeString(certificate, whole.substring(0, whole.length() / 3));
            assertThat(files.reload()).contains("goes on with its old certificate");
            assertThat(subject(files)).isEqualTo("CN=one");
            assertThat(files.fault()).contains(certificate.toString());
            Files.writeString(certificate, "");
            assertThat(files.reload()).contains("holds no certificate");
            Files.writeString(certificate, whole);
            assertThat(files.reload()).contains("is not the key of the first certificate");
            Files.writeString(key, two.keyPem());
            assertThat(files.reload()).isNull();
            assertThat(subject(files)).isEqualTo("CN=two");
            assertThat(files.fault()).isNull();
        }
    }

    @Test
    void aCertificateThatIsNotValidDoesNotReplaceOneThatIs() throws Exception {
        try (CertificateFiles files = open()) {
            install(authority.issue(
                    TestAuthority.ec(), Instant.now().minus(Duration.ofDays(20)), Duration.ofDays(10), "CN=past"));
            assertThat(files.reload()).contains("the new one is not valid", "has expired");
            Issued soon = authority.issue(
                    TestAuthority.ec(), clock.instant().plus(Duration.ofDays(2)), Duration.ofDays(90), "CN=soon");
            install(soon);
            assertThat(files.reload()).contains("not valid before");
            assertThat(subject(files)).isEqualTo("CN=one");
            clock.advance(Duration.ofDays(3));
            assertThat(files.reload()).isNull();
            assertThat(subject(files)).isEqualTo("CN=soon");
            // one that has expired is replaced by any other
            clock.advance(Duration.ofDays(400));
            install(authority.issue("CN=also past"));
            assertThat(files.reload()).isNull();
            assertThat(subject(files)).isEqualTo("CN=also past");
        }
    }

    @Test
    void aLinkThatIsMovedIsSeen() throws Exception {
        Path versions = Files.createDirectories(directory.resolve("v1"));
        Files.move(certificate, versions.resolve("c.pem"));
        Files.move(key, versions.resolve("k.pem"));
        Path live = Files.createSymbolicLink(directory.resolve("live"), versions);
        certificate = live.resolve("c.pem");
        key = live.resolve("k.pem");
        try (CertificateFiles files = open()) {
            PemPair two = authority.issue("CN=two").write(directory.resolve("v2"), "x");
            Files.move(two.certificate(), directory.resolve("v2/c.pem"));
            Files.move(two.key(), directory.resolve("v2/k.pem"));
            Path next = Files.createSymbolicLink(directory.resolve("next"), directory.resolve("v2"));
            Files.move(next, live, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            assertThat(files.reload()).isNull();
            assertThat(subject(files)).isEqualTo("CN=two");
        }
    }

    @Test
    void theAuthoritiesOfClientsAreReadAnewToo() throws Exception {
        Path clients = authority.write(directory.resolve("clients.pem"));
        try (CertificateFiles files = CertificateFiles.open(settings(null, clients), clock)) {
            assertThat(clients(files)).containsExactly("CN=authority");
            Files.writeString(
                    clients, authority.pem() + TestAuthority.create("second").pem());
            assertThat(files.reload()).isNull();
            assertThat(clients(files)).containsExactly("CN=authority", "CN=second");
            Files.writeString(clients, "rubbish");
            assertThat(files.reload()).contains("gateway.tls.client-ca " + clients);
            assertThat(clients(files)).hasSize(2);
            Files.delete(clients);
            assertThat(files.reload()).contains("there is no such file");
        }
    }

    @Test
    void speaksAuthenticatedEncryptionAlone() throws Exception {
        try (CertificateFiles files = open()) {
            SSLEngine engine = files.engine();
            assertThat(engine.getEnabledProtocols()).containsExactly("TLSv1.3", "TLSv1.2");
            assertThat(engine.getEnabledCipherSuites())
                    .allMatch(c -> c.contains("GCM") || c.contains("CHACHA20"))
                    .allMatch(c -> !c.startsWith("TLS_RSA_"));
        }
        TlsSettings newest = new TlsSettings("admin", certificate, key, null, true, null);
        try (CertificateFiles files = CertificateFiles.open(newest, clock)) {
            assertThat(files.engine().getEnabledProtocols()).containsExactly("TLSv1.3");
        }
    }

    @Test
    void saysWhatIsWrongWithTheChain() throws Exception {
        Issued one = authority.issue("CN=one");
        try (CertificateFiles files = open()) {
            assertThat(files.report().chain()).isEqualTo(2);
            assertThat(files.report().chainFault()).isNull();
            Files.writeString(key, one.keyPem());
            Files.writeString(
                    certificate,
                    TestAuthority.pem("CERTIFICATE", one.certificate().getEncoded()));
            assertThat(files.reload()).isNull();
            assertThat(files.report().chainFault()).contains("put the intermediate ones after it");
            Files.writeString(
                    certificate,
                    TestAuthority.pem("CERTIFICATE", one.certificate().getEncoded())
                            + TestAuthority.create("other").pem());
            assertThat(files.reload()).contains("certificate 2 of the file (CN=other) has not signed");
            assertThat(files.report().chain()).isEqualTo(1);
        }
    }

    @Test
    void tellsTheEndThirtySevenAndOneDayBefore() {
        // of 90 days
        assertThat(stage(Duration.ofDays(59))).isZero();
        assertThat(stage(Duration.ofDays(61))).isEqualTo(1);
        assertThat(stage(Duration.ofDays(84))).isEqualTo(2);
        assertThat(stage(Duration.ofHours(24 * 89 + 12))).isEqualTo(3);
        assertThat(stage(Duration.ofDays(91))).isEqualTo(4);
    }

    private int stage(Duration later) {
        try {
            return Expiry.stage(
                    TlsMaterial.read(settings(null, null)).certificate(),
                    Instant.now().plus(later));
        } catch (CertificateFault e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void somethingElseIsNotReadWhole() throws IOException {
        Files.write(certificate, new byte[(4 << 20) + 1]);
        refused(settings(null, null), "is larger than 4 MiB");
    }

    private void refused(TlsSettings settings, String message) {
        assertThatThrownBy(() -> CertificateFiles.open(settings, clock).close())
                .isInstanceOf(CertificateFault.class)
                .hasMessageContaining(message);
    }
}
