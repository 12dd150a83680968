package io.llmproxy.adapter.secret;

import io.llmproxy.domain.secret.Credential;
import java.util.Base64;
import java.util.Optional;

/** The parts of {@code v1.KEYID.NONCE.CIPHERTEXT}. */
final class Envelope {
    private static final String VERSION = "v1";
    static final String KEY_ID = "[0-9a-f]{8}";
    static final int NONCE_BYTES = 12;
    static final int TAG_BYTES = 16;

    private final String keyId;
    private final byte[] nonce;
    private final byte[] ciphertext;

    Envelope(String keyId, byte[] nonce, byte[] ciphertext) {
        this.keyId = keyId;
        this.nonce = nonce;
        this.ciphertext = ciphertext;
    }

    String keyId() {
        return keyId;
    }

    byte[] nonce() {
        return nonce;
    }

    byte[] ciphertext() {
        return ciphertext;
    }

    /** @throws IllegalStateException where the text has another form; without its cause, which quotes a character */
    static Envelope parse(Credential.Sealed sealed) {
        String[] parts = sealed.envelope().split("\\.", -1);
        if (parts.length != 4 || !parts[0].equals(VERSION) || !parts[1].matches(KEY_ID)) {
            throw damaged();
        }
        Envelope envelope = new Envelope(parts[1], decode(parts[2]), decode(parts[3]));
        // one text for one envelope: the decoder also takes paddings and idle bits that nobody wrote
        if (envelope.nonce.length != NONCE_BYTES
                || envelope.ciphertext.length < TAG_BYTES
                || !envelope.sealed().equals(sealed)) {
            throw damaged();
        }
        return envelope;
    }

    /** The id of the key that sealed it; empty where the text is too damaged to say. */
    static Optional<String> keyIdOf(Credential.Sealed sealed) {
        String[] parts = sealed.envelope().split("\\.", -1);
        return parts.length == 4 && parts[1].matches(KEY_ID) ? Optional.of(parts[1]) : Optional.empty();
    }

    Credential.Sealed sealed() {
        return new Credential.Sealed(VERSION + "." + keyId + "." + encode(nonce) + "." + encode(ciphertext));
    }

    static IllegalStateException damaged() {
        return new IllegalStateException("the sealed credential is damaged, or belongs elsewhere; set it anew");
    }

    private static byte[] decode(String part) {
        try {
            return Base64.getUrlDecoder().decode(part);
        } catch (IllegalArgumentException e) {
            throw damaged();
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public String toString() {
        return "Envelope[" + keyId + "]";
    }
}
