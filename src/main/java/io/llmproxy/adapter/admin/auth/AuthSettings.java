package io.llmproxy.adapter.admin.auth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What callers over TCP are known by. Both null: by nothing.
 *
 * @param tokens the file of tokens
 */
public record AuthSettings(@Nullable Path tokens, @Nullable Jwt jwt) {
    /**
     * Tokens that another signs.
     *
     * @param keys a JSON Web Key Set; null: it is at {@code keysUrl}
     * @param leeway how far clocks may differ
     * @param maxLifetime from {@code iat} to {@code exp}
     */
    public record Jwt(
            String issuer,
            String audience,
            @Nullable Path keys,
            @Nullable URI keysUrl,
            List<String> algorithms,
            Claims claims,
            Duration leeway,
            Duration maxLifetime) {}

    /** The names of the claims that say what the caller may do. */
    public record Claims(String role, String tenant, String user) {}

    /** Whether anybody can be known. */
    public boolean any() {
        return tokens != null || jwt != null;
    }
}
