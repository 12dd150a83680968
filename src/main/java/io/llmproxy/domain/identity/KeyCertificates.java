package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.List;

/**
 * The certificates of clients that a key has to do with.
 *
 * @param names any one of which a certificate must have; empty: the key has to do with none
 * @param alone whether such a certificate stands for the key, whose secret is not accepted; else it must come with the secret
 */
public record KeyCertificates(List<CertificateName> names, boolean alone) {
    public static final KeyCertificates NONE = new KeyCertificates(List.of(), false);
    private static final int MOST = 32;

    public KeyCertificates {
        Checks.atLeast("certificates", MOST - names.size(), 0);
        names = names.stream().distinct().toList();
        if (alone && names.isEmpty()) {
            throw new InvalidValueException(
                    "certificateOnly",
                    "needs a certificate: name it by its fingerprint, its subject or one of its alternative names");
        }
    }

    /** Whether the key is no use without a certificate. */
    public boolean needed() {
        return !names.isEmpty();
    }
}
