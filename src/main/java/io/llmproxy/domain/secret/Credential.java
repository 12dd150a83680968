package io.llmproxy.domain.secret;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How a provider's credential is kept. */
public sealed interface Credential {
    /** The provider needs none. */
    record None() implements Credential {}

    /** The server reads it from elsewhere. */
    record Referenced(SecretRef ref) implements Credential {}

    /**
     * It was given by value and is sealed under the master key.
     *
     * @param envelope {@code v1.KEYID.NONCE.CIPHERTEXT}, base64url; useless without the master key
     */
    record Sealed(String envelope) implements Credential {
        @Override
        public String toString() {
            return "Sealed[***]";
        }
    }

    /**
     * What a sealed credential is bound to, so that an envelope copied to another row does not open there.
     *
     * @param tenantId the owner of the provider; null: it is shared
     */
    static String context(@Nullable UUID tenantId, UUID providerId) {
        return (tenantId == null ? "shared" : tenantId) + "|provider|" + providerId;
    }
}
