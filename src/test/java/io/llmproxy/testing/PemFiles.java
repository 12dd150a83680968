package io.llmproxy.testing;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;

/** A {@link TestCertificate} as a server's operator has it: a PEM file with the certificate and one with its key. */
public record PemFiles(TestCertificate made, Path certificate, Path key) {
    /** Makes a certificate for 127.0.0.1 and localhost, its files in {@code directory}. */
    public static PemFiles make(Path directory) throws Exception {
        Files.createDirectories(directory);
        TestCertificate made = TestCertificate.of(directory, "ip:127.0.0.1,dns:localhost");
        KeyStore store = KeyStore.getInstance("PKCS12");
        char[] password = "changeit".toCharArray();
        try (InputStream in = Files.newInputStream(directory.resolve("server.p12"))) {
            store.load(in, password);
        }
        String alias = store.aliases().nextElement();
        Path certificate = directory.resolve("fullchain.pem");
        Path key = directory.resolve("privkey.pem");
        Files.writeString(
                certificate, pem("CERTIFICATE", store.getCertificate(alias).getEncoded()));
        Files.writeString(key, pem("PRIVATE KEY", store.getKey(alias, password).getEncoded()));
        return new PemFiles(made, certificate, key);
    }

    private static String pem(String type, byte[] der) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type + "-----\n";
    }
}
