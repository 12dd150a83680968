package io.llmproxy.domain.audit;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The events of one tenant, or of the installation, each of which holds the hash of the one before it.
 *
 * @param tenantSlug as it was when the chain began; null: the installation's
 * @param number of the newest event, counted from 1 without gaps; 0: none yet
 * @param hash of the newest event; {@link #NOTHING} where there was none yet
 * @param purgedNumber of the last event that was deleted for its age; 0: none was
 * @param purgedHash of that event
 */
public record AuditChain(
        UUID id, @Nullable String tenantSlug, long number, String hash, long purgedNumber, String purgedHash) {
    /** The id of the chain of what concerns no single tenant. */
    public static final UUID INSTALLATION = new UUID(0, 0);

    /** What stands in the place of a hash before the first event. */
    public static final String NOTHING = "0".repeat(64);

    /**
     * An event in its place.
     *
     * @param number its place in the chain, from 1
     * @param previous the hash of the event before it
     * @param hash SHA-256 in hexadecimal over the canonical form, which has all of the event, its place and {@code previous}
     */
    public record Link(UUID chain, long number, String previous, String hash, AuditEvent event) {}

    /** What a signature is for. */
    public enum Mark {
        /** This is the newest event. */
        HEAD,
        /** Everything up to here was deleted for its age. */
        CHECKPOINT
    }

    /**
     * The signed word of this program that a chain stood so.
     *
     * @param at a time of RFC 3339
     * @param keyId of the key that signed it
     * @param publicKey of that key, X.509 in base64
     * @param signature Ed25519 over {@link CanonicalForm}, base64
     */
    public record Head(
            UUID chain,
            Mark mark,
            long number,
            String hash,
            String at,
            String keyId,
            String publicKey,
            String signature) {}
}
