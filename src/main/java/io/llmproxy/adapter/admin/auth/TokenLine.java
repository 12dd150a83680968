package io.llmproxy.adapter.admin.auth;

import io.llmproxy.admin.Grant;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.Role;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A line of the file of tokens: {@code ci role=tenant-admin tenant=acme expires=2027-01-01T00:00:00Z sha256=9f86…}.
 *
 * @param expires null: never
 */
public record TokenLine(Grant grant, KeyHash hash, @Nullable Instant expires) {
    private static final Set<String> FIELDS = Set.of("role", "tenant", "user", "expires", "sha256");
    private static final String PREFIX = "token:";

    /** @throws InvalidValueException where the name, or role and confinement, are wrong */
    public static TokenLine of(
            String name,
            Role role,
            @Nullable String tenant,
            @Nullable String user,
            KeyHash hash,
            @Nullable Instant expires) {
        return new TokenLine(new Grant(PREFIX + Checks.name("name", name), role, tenant, user), hash, expires);
    }

    public String name() {
        return grant.name().substring(PREFIX.length());
    }

    boolean valid(Instant now) {
        return expires == null || now.isBefore(expires);
    }

    /** @throws InvalidValueException without what stands behind {@code sha256=}, where somebody may have put the token itself */
    static TokenLine parse(String line) {
        String[] words = line.strip().split("\\s+");
        Map<String, String> fields = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            String field = equals < 0 ? "" : words[i].substring(0, equals);
            if (!FIELDS.contains(field)) {
                throw new InvalidValueException(
                        "word " + (i + 1), "must be role=, tenant=, user=, expires= or sha256= with a value");
            }
            if (fields.put(field, words[i].substring(equals + 1)) != null) {
                throw new InvalidValueException(field, "is given twice");
            }
        }
        return of(
                words[0],
                Role.parse(fields.getOrDefault("role", "")),
                fields.get("tenant"),
                fields.get("user"),
                hash(fields.getOrDefault("sha256", "")),
                expires(fields.get("expires")));
    }

    private static KeyHash hash(String hex) {
        try {
            return KeyHash.of(HexFormat.of().parseHex(hex));
        } catch (IllegalArgumentException e) {
            throw new InvalidValueException(
                    "sha256", "must be the token's SHA-256, 64 hexadecimal digits, as llmproxy admin-token prints it");
        }
    }

    private static @Nullable Instant expires(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new InvalidValueException(
                    "expires", "must be a time such as 2027-01-01T00:00:00Z; got " + Checks.quoted(text));
        }
    }

    /** As it stands in the file. */
    @Override
    public String toString() {
        StringBuilder line =
                new StringBuilder(name()).append(" role=").append(grant.role().word());
        append(line, "tenant", grant.tenant());
        append(line, "user", grant.user());
        append(line, "expires", expires);
        return line.append(" sha256=")
                .append(HexFormat.of().formatHex(hash.bytes()))
                .toString();
    }

    private static void append(StringBuilder line, String field, @Nullable Object value) {
        if (value != null) {
            line.append(' ').append(field).append('=').append(value);
        }
    }
}
