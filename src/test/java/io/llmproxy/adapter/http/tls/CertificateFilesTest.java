package io.llmproxy.adapter.http.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.PemFiles;
import io.llmproxy.testing.TestClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator may do to the files of a certificate. */
class CertificateFilesTest {
    @TempDir
    static Path made;

    private static PemFiles one;
    private static PemFiles other;

    @TempDir
    Path directory;

    private Path certificate;
    private Path key;

    @BeforeAll
    static void make() throws Exception {
        one = PemFiles.make(made.resolve("one"));
        other = PemFiles.make(made.resolve("other"));
    }

    @BeforeEach
    void setUp() throws Exception {
        certificate = directory.resolve("cert.pem");
        key = directory.resolve("key.pem");
        install(one);
    }

    private void install(PemFiles files) throws Exception {
        Files.copy(files.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(files.key(), key, StandardCopyOption.REPLACE_EXISTING);
    }

    private CertificateFiles open() throws CertificateFault {
        return CertificateFiles.open(TlsSettings.of("gateway", certificate, key), InstantSource.system());
    }

    @Test
    void aMissingFileIsNamed() throws Exception {
        Files.delete(key);
        refused("gateway.tls.key " + key + ": there is no such file");
        Files.delete(certificate);
        refused("gateway.tls.certificate " + certificate + ": there is no such file");
    }

    @Test
    void aFileThatIsNoPemIsNamed() throws Exception {
        Files.writeString(certificate, "rubbish");
        refused("gateway.tls.certificate " + certificate + ": holds no certificate");
        install(one);
        Files.writeString(key, "rubbish");
        refused("gateway.tls.key " + key + ": holds no private key");
        Files.writeString(key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        refused("gateway.tls.key " + key + ": is no RSA, EC or Ed25519 key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"})
    void aDamagedKeyIsRefusedWhateverItsForm(String type) throws Exception {
        Files.writeString(key, "-----BEGIN " + type + "-----\nAAAA\n-----END " + type + "-----\n");
        refused("gateway.tls.key " + key + ": is no RSA, EC or Ed25519 key, or is damaged");
    }

    @Test
    void aKeyEncryptedTheOldWayIsRefusedWithTheCommandThatChangesIt() throws Exception {
        Files.writeString(key, """
                -----BEGIN RSA PRIVATE KEY-----
                Proc-Type: 4,ENCRYPTED
                DEK-Info: AES-256-CBC,00

                AAAA
                -----END RSA PRIVATE KEY-----
                """);
        refused("openssl pkcs8 -topk8 -v2 aes-256-cbc -in " + key);
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused() throws Exception {
        Files.copy(other.key(), key, StandardCopyOption.REPLACE_EXISTING);
        refused("gateway.tls.key " + key + " is not the key of the first certificate in " + certificate);
    }

    @Test
    void aCertificateThatHasExpiredIsUsedAndAFault() throws Exception {
        TestClock clock = new TestClock();
        try (CertificateFiles files = CertificateFiles.open(TlsSettings.of("gateway", certificate, key), clock)) {
            clock.advance(Duration.ofDays(4000));
            assertThat(files.fault()).contains(certificate.toString(), "has expired");
        }
    }

    @Test
    void aNewPairIsTakenUpAndABrokenOneLeavesTheOld() throws Exception {
        try (CertificateFiles files = open()) {
            assertThat(files.fault()).isNull();
            var before = files.engine().getSession().getSessionContext();
            Files.copy(other.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
            files.refresh();
            assertThat(files.fault()).contains("goes on with its old certificate", key.toString());
            assertThat(files.engine().getSession().getSessionContext()).isEqualTo(before);
            Files.copy(other.key(), key, StandardCopyOption.REPLACE_EXISTING);
            files.refresh();
            assertThat(files.fault()).isNull();
        }
    }

    private void refused(String message) {
        assertThatThrownBy(() -> open().close())
                .isInstanceOf(CertificateFault.class)
                .hasMessageContaining(message);
    }
}
