package io.llmproxy.port;

/** Signs what the audit log says of itself (Ed25519). Thread-safe. */
public interface AuditSigner {
    /** The first 32 hexadecimal characters of the SHA-256 of the public key. */
    String keyId();

    /** X.509 in base64. */
    String publicKey();

    /** The signature of the text's UTF-8, in base64. */
    String sign(String text);

    /** Whether that key made that signature; false also where one of them is none. */
    boolean verify(String text, String signature, String publicKey);
}
