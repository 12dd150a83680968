package io.llmproxy.domain.object;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * That a tenant had a provider make an object.
 *
 * @param id the provider's, of 1 to {@value #MAX_ID} characters
 * @param expiresAt when it may be forgotten whose it is; null: not by itself
 */
public record StoredObject(
        UUID providerId,
        ObjectKind kind,
        String id,
        UUID tenantId,
        Instant createdAt,
        @Nullable Instant expiresAt) {
    /** Providers' ids have some 60 characters. */
    public static final int MAX_ID = 512;

    public StoredObject {
        if (!isId(id)) {
            throw new InvalidValueException("id", "must be 1 to " + MAX_ID + " characters, none of them a control");
        }
    }

    /** One that was made now. */
    public static StoredObject made(UUID providerId, ObjectKind kind, String id, UUID tenantId, Instant now) {
        Duration kept = kind.kept();
        return new StoredObject(providerId, kind, id, tenantId, now, kept == null ? null : now.plus(kept));
    }

    /** Whether a text can be kept as an id, and so can name an object. */
    public static boolean isId(String text) {
        if (text.isEmpty() || text.length() > MAX_ID) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (Character.isISOControl(c) || Character.isSurrogate(c) && !pair) {
                return false;
            }
            i += pair ? 1 : 0;
        }
        return true;
    }
}
