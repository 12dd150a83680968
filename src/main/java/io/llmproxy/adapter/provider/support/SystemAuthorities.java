package io.llmproxy.adapter.provider.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * The authorities that the operating system believes, where an operator puts one of the house's own ({@code update-ca-certificates},
 * {@code update-ca-trust}). Java has a list of its own and does not look there.
 */
final class SystemAuthorities {
    /** Of Debian and its like, Fedora and its like, SUSE, and of Alpine and the BSDs: where Go looks, too. */
    private static final List<Path> PLACES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));

    private SystemAuthorities() {}

    /** None where there is no such file, or where {@code javax.net.ssl.trustStore} says whom to believe and nobody else. */
    static List<X509Certificate> ofMachine() {
        return System.getProperty("javax.net.ssl.trustStore") == null ? ofFirst(PLACES) : List.of();
    }

    /** Those of the first file that has some; what of it cannot be read is passed over. */
    static List<X509Certificate> ofFirst(List<Path> places) {
        for (Path place : places) {
            try {
                List<X509Certificate> found =
                        new PemFile(Files.readString(place, StandardCharsets.ISO_8859_1)).readableCertificates();
                if (!found.isEmpty()) {
                    return found;
                }
            } catch (IOException e) {
                // another system has it elsewhere
            }
        }
        return List.of();
    }
}
