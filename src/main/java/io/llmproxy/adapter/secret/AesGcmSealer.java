package io.llmproxy.adapter.secret;

import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.ContentSealer;
import io.llmproxy.port.SecretSealer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) under the master key, with a fresh random nonce of 96 bits for each value; at the
 * number of credentials that an installation has, two equal ones are out of the question. Thread-safe.
 */
public final class AesGcmSealer implements SecretSealer, ContentSealer {
    private final MasterKey master;
    private final SecureRandom random = new SecureRandom();

    public AesGcmSealer(MasterKey master) {
        this.master = master;
    }

    @Override
    public Credential.Sealed seal(Secret secret, String context) {
        byte[] nonce = new byte[Envelope.NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, context)
                    .doFinal(secret.reveal().getBytes(StandardCharsets.UTF_8));
            return new Envelope(master.id(), nonce, sealed).sealed();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing a credential failed", e);
        }
    }

    /** @throws MasterKeyException where another key sealed it */
    @Override
    public Secret open(Credential.Sealed sealed, String context) {
        Envelope envelope = Envelope.parse(sealed);
        if (!envelope.keyId().equals(master.id())) {
            throw new MasterKeyException("the credential was sealed under the master key " + envelope.keyId()
                    + ", and this process has " + master.id() + "; set it anew, or start with that key");
        }
        try {
            byte[] plain =
                    cipher(Cipher.DECRYPT_MODE, envelope.nonce(), context).doFinal(envelope.ciphertext());
            return new Secret(new String(plain, StandardCharsets.UTF_8));
        } catch (AEADBadTagException e) {
            throw Envelope.damaged();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening a sealed credential failed", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, master.key(), new GCMParameterSpec(Envelope.TAG_BYTES * 8, nonce));
        cipher.updateAAD(context.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /** The id of the master key, the nonce, and the sealed bytes. */
    @Override
    public byte[] sealContent(byte[] content, String context) {
        byte[] nonce = new byte[Envelope.NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] id = master.id().getBytes(StandardCharsets.US_ASCII);
            byte[] sealed = contentCipher(Cipher.ENCRYPT_MODE, nonce, context).doFinal(content);
            byte[] out = Arrays.copyOf(id, id.length + nonce.length + sealed.length);
            System.arraycopy(nonce, 0, out, id.length, nonce.length);
            System.arraycopy(sealed, 0, out, id.length + nonce.length, sealed.length);
            return out;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing content failed", e);
        }
    }

    /** @throws MasterKeyException where another key sealed it */
    @Override
    public byte[] openContent(byte[] sealed, String context) {
        byte[] id = master.id().getBytes(StandardCharsets.US_ASCII);
        int from = id.length + Envelope.NONCE_BYTES;
        if (sealed.length < from + Envelope.TAG_BYTES) {
            throw new IllegalStateException("the sealed content is damaged");
        }
        if (!Arrays.equals(sealed, 0, id.length, id, 0, id.length)) {
            throw new MasterKeyException("the content was sealed under another master key than this process has");
        }
        byte[] nonce = Arrays.copyOfRange(sealed, id.length, from);
        try {
            return contentCipher(Cipher.DECRYPT_MODE, nonce, context).doFinal(sealed, from, sealed.length - from);
        } catch (AEADBadTagException e) {
            throw new IllegalStateException("the sealed content is damaged, or belongs elsewhere", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening sealed content failed", e);
        }
    }

    /** Contents are many, so each context has a key of its own: equal nonces under one key stay out of the question. */
    private Cipher contentCipher(int mode, byte[] nonce, String context) throws GeneralSecurityException {
        Mac derive = Mac.getInstance("HmacSHA256");
        derive.init(master.key());
        byte[] key = derive.doFinal(("content|" + context).getBytes(StandardCharsets.UTF_8));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(Envelope.TAG_BYTES * 8, nonce));
        return cipher;
    }
}
