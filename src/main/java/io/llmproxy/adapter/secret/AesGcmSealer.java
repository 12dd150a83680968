package io.llmproxy.adapter.secret;

import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.SecretSealer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) under the master key, with a fresh random nonce of 96 bits for each value; at the
 * number of credentials that an installation has, two equal ones are out of the question. Thread-safe.
 */
public final class AesGcmSealer implements SecretSealer {
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
}
