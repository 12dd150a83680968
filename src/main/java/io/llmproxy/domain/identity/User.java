package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A person or service account inside a tenant. The e-mail address, kept in lower case, names it within the tenant.
 *
 * @param enabled keys of a user that is not enabled are refused
 */
public record User(
        UUID id,
        UUID tenantId,
        String email,
        @Nullable String name,
        Role role,
        boolean enabled,
        Instant createdAt,
        Instant updatedAt) {

    public User {
        email = email(email);
        if (name != null) {
            Checks.text("name", name, 200);
        }
    }

    /**
     * The address in the form in which it is stored: one {@code @}, something on both sides, no white space or control
     * characters, at most 254 characters (RFC 5321, section 4.5.3.1.3), lower case.
     */
    public static String email(@Nullable String text) {
        if (text == null || text.isBlank()) {
            throw new InvalidValueException("email", "must not be empty");
        }
        int at = text.indexOf('@');
        boolean ok = at > 0
                && at == text.lastIndexOf('@')
                && at < text.length() - 1
                && at <= 64
                && text.length() <= 254
                && text.chars()
                        .noneMatch(
                                c -> c <= ' ' || c == 127 || c == '/' || c == '<' || c == '>' || c == ',' || c == '"')
                && !text.contains("..")
                && !text.endsWith(".")
                && text.charAt(at + 1) != '.';
        if (!ok) {
            throw new InvalidValueException("email", "is not an e-mail address: " + Checks.quoted(text));
        }
        return text.toLowerCase(Locale.ROOT);
    }

    public User with(@Nullable String newName, Role newRole, boolean newEnabled, Instant now) {
        return new User(id, tenantId, email, newName, newRole, newEnabled, createdAt, now);
    }
}
