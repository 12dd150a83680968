package io.llmproxy.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * An authority that signs certificates in this process, of any dates, names and keys; the JDK reads certificates and cannot write them,
 * so the bytes are put together here.
 */
public final class TestAuthority {
    private static final byte[] ECDSA_SHA256 = HexFormat.of().parseHex("300a06082a8648ce3d040302");
    private static final byte[] CONSTRAINTS = HexFormat.of().parseHex("0603551d13");
    private static final byte[] ALTERNATIVES = HexFormat.of().parseHex("0603551d11");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final Issued own;
    private final AtomicInteger serial = new AtomicInteger(100);

    private TestAuthority(Issued own) {
        this.own = own;
    }

    /** A certificate and its key; {@code chain} begins with it and ends with its authority. */
    public record Issued(X509Certificate certificate, PrivateKey key, List<X509Certificate> chain) {
        public String pem() {
            StringBuilder text = new StringBuilder();
            chain.forEach(c -> text.append(TestAuthority.pem("CERTIFICATE", encoded(c))));
            return text.toString();
        }

        public String keyPem() {
            return TestAuthority.pem("PRIVATE KEY", key.getEncoded());
        }

        public String fingerprint() {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(encoded(certificate)));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Writes {@code NAME.pem} and {@code NAME.key}. */
        public PemPair write(Path directory, String name) throws Exception {
            Files.createDirectories(directory);
            return new PemPair(
                    Files.writeString(directory.resolve(name + ".pem"), pem()),
                    Files.writeString(directory.resolve(name + ".key"), keyPem()));
        }
    }

    /** The files of a certificate. */
    public record PemPair(Path certificate, Path key) {}

    public static TestAuthority create(String name) throws Exception {
        KeyPair keys = ec();
        X500Principal principal = new X500Principal("CN=" + name);
        Instant now = Instant.now();
        X509Certificate certificate = signed(
                1,
                principal,
                keys.getPrivate(),
                principal,
                keys.getPublic(),
                now,
                Duration.ofDays(3650),
                true,
                List.of());
        return new TestAuthority(new Issued(certificate, keys.getPrivate(), List.of(certificate)));
    }

    public X509Certificate certificate() {
        return own.certificate();
    }

    public String pem() {
        return own.pem();
    }

    public Path write(Path file) throws Exception {
        return Files.writeString(file, pem());
    }

    /** Valid since an hour ago, for 90 days, with an EC key. */
    public Issued issue(String subject, String... alternatives) throws Exception {
        return issue(ec(), Instant.now(), Duration.ofDays(90), subject, alternatives);
    }

    /**
     * A certificate.
     *
     * @param begin from an hour before then on
     * @param alternatives as {@code dns:app.test}, {@code uri:…}, {@code email:…}, {@code ip:127.0.0.1}
     */
    public Issued issue(KeyPair keys, Instant begin, Duration length, String subject, String... alternatives)
            throws Exception {
        X509Certificate certificate = signed(
                serial.incrementAndGet(),
                own.certificate().getSubjectX500Principal(),
                own.key(),
                new X500Principal(subject),
                keys.getPublic(),
                begin,
                length,
                false,
                List.of(alternatives));
        return new Issued(certificate, keys.getPrivate(), List.of(certificate, own.certificate()));
    }

    public static KeyPair ec() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** A client that believes this authority, and shows a certificate; null: none. */
    public SSLContext client(@Nullable Issued shown) throws Exception {
        KeyManagerFactory keys = null;
        if (shown != null) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("own", shown.key(), PASSWORD, shown.chain().toArray(X509Certificate[]::new));
            keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", own.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    public static String pem(String label, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate signed(
            int serial,
            X500Principal issuer,
            PrivateKey issuerKey,
            X500Principal subject,
            PublicKey key,
            Instant begin,
            Duration length,
            boolean authority,
            List<String> alternatives)
            throws Exception {
        byte[] extensions = authority
                ? value(
                        0x30,
                        CONSTRAINTS,
                        value(0x01, new byte[] {-1}),
                        value(0x04, value(0x30, value(0x01, new byte[] {-1}))))
                : new byte[0];
        if (!alternatives.isEmpty()) {
            extensions = value(0x30, ALTERNATIVES, value(0x04, value(0x30, names(alternatives))));
        }
        Instant from = begin.minus(Duration.ofHours(1));
        byte[] body = value(
                0x30,
                value(0xA0, value(0x02, new byte[] {2})),
                value(0x02, BigInteger.valueOf(serial).toByteArray()),
                ECDSA_SHA256,
                issuer.getEncoded(),
                value(0x30, time(from), time(begin.plus(length))),
                subject.getEncoded(),
                key.getEncoded(),
                extensions.length == 0 ? extensions : value(0xA3, value(0x30, extensions)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(issuerKey);
        signature.update(body);
        byte[] whole = value(0x30, body, ECDSA_SHA256, value(0x03, new byte[] {0}, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] time(Instant at) {
        return value(0x18, TIME.format(at).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] names(List<String> alternatives) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String alternative : alternatives) {
            int colon = alternative.indexOf(':');
            String text = alternative.substring(colon + 1);
            out.writeBytes(
                    switch (alternative.substring(0, colon)) {
                        case "email" -> value(0x81, text.getBytes(StandardCharsets.US_ASCII));
                        case "dns" -> value(0x82, text.getBytes(StandardCharsets.US_ASCII));
                        case "uri" -> value(0x86, text.getBytes(StandardCharsets.US_ASCII));
                        default -> value(0x87, address(text));
                    });
        }
        return out.toByteArray();
    }

    private static byte[] address(String text) {
        byte[] bytes = new byte[4];
        String[] parts = text.split("\\.", -1);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i]);
        }
        return bytes;
    }

    /** A value in DER, of up to 64 KiB. */
    public static byte[] value(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length > 0xFF) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length > 0x7F) {
            out.write(0x81);
        }
        out.write(length);
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}
