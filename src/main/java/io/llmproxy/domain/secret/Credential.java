package io.llmproxy.domain.secret;

import java.util.List;
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

    /** Several, each of the forms above, of which each request takes one. */
    record Several(List<Named> all) implements Credential {
        public Several {
            all = List.copyOf(all);
        }
    }

    /** One of several; its name is shown, and is never a value. */
    record Named(String name, Credential credential) {}

    /** The credentials one by one; a reference is called as it is written, a sealed one {@code key-1}. */
    default List<Named> each() {
        return switch (this) {
            case None() -> List.of();
            case Referenced(SecretRef ref) -> List.of(new Named(ref.toString(), this));
            case Sealed _ -> List.of(new Named("key-1", this));
            case Several(List<Named> all) -> all;
        };
    }

    /** As many as there are. */
    static Credential of(List<Named> all) {
        return switch (all.size()) {
            case 0 -> new None();
            case 1 -> all.getFirst().credential();
            default -> new Several(all);
        };
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
