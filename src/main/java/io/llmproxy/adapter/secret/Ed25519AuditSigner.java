package io.llmproxy.adapter.secret;

import io.llmproxy.port.AuditSigner;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;

/**
 * Signs with a key that is derived from the master key (HMAC-SHA256 with a label of its own), so that there is no further secret
 * to keep: whoever restores the master key has it, and processes that share a master key share it. Thread-safe.
 */
public final class Ed25519AuditSigner implements AuditSigner {
    private static final String ALGORITHM = "Ed25519";
    private static final String LABEL = "audit|ed25519|1";
    private final PrivateKey key;
    private final String publicKey;
    private final String keyId;

    public Ed25519AuditSigner(MasterKey master) {
        try {
            Mac derive = Mac.getInstance("HmacSHA256");
            derive.init(master.key());
            KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
            // a private key of Ed25519 is 32 bytes, whatever they are, and the generator makes the public one of them
            generator.initialize(
                    NamedParameterSpec.ED25519, new Given(derive.doFinal(LABEL.getBytes(StandardCharsets.US_ASCII))));
            KeyPair pair = generator.generateKeyPair();
            byte[] encoded = pair.getPublic().getEncoded();
            this.key = pair.getPrivate();
            this.publicKey = Base64.getEncoder().encodeToString(encoded);
            this.keyId = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(encoded), 0, 16);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /** Gives certain bytes out as random ones. */
    private static final class Given extends SecureRandom {
        private static final long serialVersionUID = 1;
        private final byte[] bytes;

        private Given(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public void nextBytes(byte[] out) {
            if (out.length != bytes.length) {
                throw new IllegalStateException("a key of Ed25519 has " + bytes.length + " bytes");
            }
            System.arraycopy(bytes, 0, out, 0, out.length);
            Arrays.fill(bytes, (byte) 0);
        }
    }

    @Override
    public String keyId() {
        return keyId;
    }

    @Override
    public String publicKey() {
        return publicKey;
    }

    @Override
    public String sign(String text) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("signing the audit log failed", e);
        }
    }

    @Override
    public boolean verify(String text, String made, String key) {
        try {
            PublicKey signer = KeyFactory.getInstance(ALGORITHM)
                    .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(key)));
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(signer);
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return signature.verify(Base64.getDecoder().decode(made));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }
}
