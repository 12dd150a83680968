package io.llmproxy.adapter.admin.auth;

import io.llmproxy.admin.Grant;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.runtime.KeySecrets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tokens of administration, as their file names them. Immutable. */
public final class TokensFile {
    static final TokensFile NONE = new TokensFile("", List.of());
    private static final String KEY = "admin.auth.tokens-file";

    private final String text;
    private final List<TokenLine> lines;

    private TokensFile(String text, List<TokenLine> lines) {
        this.text = text;
        this.lines = lines;
    }

    /** @throws AuthFault naming the file, and every line that is wrong by its number */
    public static TokensFile read(Path file) throws AuthFault {
        return parse(KEY + " " + file, AuthFile.read(KEY, file, true));
    }

    static TokensFile parse(String named, String text) throws AuthFault {
        List<TokenLine> lines = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Set<KeyHash> hashes = new HashSet<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (line.isBlank() || line.strip().startsWith("#")) {
                continue;
            }
            try {
                TokenLine parsed = TokenLine.parse(line);
                if (!names.add(parsed.name()) || !hashes.add(parsed.hash())) {
                    throw new InvalidValueException("name", "this name or this token stands in a line above already");
                }
                lines.add(parsed);
            } catch (InvalidValueException e) {
                faults.add(named + ":" + number + ": " + e.getMessage());
            }
        }
        if (!faults.isEmpty()) {
            throw new AuthFault(String.join("\n", faults));
        }
        return new TokensFile(text, List.copyOf(lines));
    }

    public List<TokenLine> lines() {
        return lines;
    }

    boolean same(TokensFile other) {
        return text.equals(other.text);
    }

    /**
     * Whose token that is; null: nobody's, or it has expired. Every line is compared, each to its end, so that the time that this takes
     * tells nothing.
     */
    @Nullable
    Grant find(String token, Instant now) {
        byte[] hash = KeySecrets.hash(token).bytes();
        TokenLine found = null;
        for (TokenLine line : lines) {
            if (MessageDigest.isEqual(hash, line.hash().bytes())) {
                found = line;
            }
        }
        return found != null && AdminTokens.wellFormed(token) && found.valid(now) ? found.grant() : null;
    }
}
