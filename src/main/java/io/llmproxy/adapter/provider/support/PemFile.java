package io.llmproxy.adapter.provider.support;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a PEM file (RFC 7468); what stands around the blocks is passed over. Messages say what is wrong and quote nothing:
 * the file may hold a key.
 */
record PemFile(String text) {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    /** What a file should have been and is not. */
    static final class PemException extends Exception {
        PemException(String message) {
            super(message);
        }
    }

    /** At least one. */
    List<X509Certificate> certificates() throws PemException {
        List<X509Certificate> all = new ArrayList<>();
        try {
            CertificateFactory x509 = CertificateFactory.getInstance("X.509");
            for (byte[] block : blocks("CERTIFICATE")) {
                all.add((X509Certificate) x509.generateCertificate(new ByteArrayInputStream(block)));
            }
        } catch (GeneralSecurityException e) {
            throw new PemException("holds a certificate that cannot be read");
        }
        if (all.isEmpty()) {
            throw new PemException("holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
        }
        return all;
    }

    /** Those that can be read; perhaps none. */
    List<X509Certificate> readableCertificates() {
        List<X509Certificate> all = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            try {
                all.addAll(new PemFile(matcher.group()).certificates());
            } catch (PemException e) {
                // of hundreds of authorities one may be of a kind that Java does not know
            }
        }
        return all;
    }

    /** @param algorithm of the certificate that it belongs to */
    PrivateKey privateKey(String algorithm) throws PemException {
        List<byte[]> keys = blocks("PRIVATE KEY");
        if (keys.size() != 1) {
            throw new PemException(
                    "must hold one unencrypted key (-----BEGIN PRIVATE KEY-----); others are converted by"
                            + " `openssl pkcs8 -topk8 -nocrypt`");
        }
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(keys.getFirst()));
        } catch (GeneralSecurityException e) {
            throw new PemException("holds a key that cannot be read or is not of the certificate's kind");
        }
    }

    private List<byte[]> blocks(String label) throws PemException {
        List<byte[]> found = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1).equals(label)) {
                found.add(decoded(matcher.group(2)));
            }
        }
        return found;
    }

    private static byte[] decoded(String base64) throws PemException {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new PemException("is damaged: a block is no base64");
        }
    }

    /** Not the text: it may be a key. */
    @Override
    public String toString() {
        return "PemFile";
    }
}
