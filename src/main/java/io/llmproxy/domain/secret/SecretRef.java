package io.llmproxy.domain.secret;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;

/**
 * Where the server finds a secret: {@code env:NAME}, {@code file:PATH} or {@code credential:NAME} (systemd's
 * {@code $CREDENTIALS_DIRECTORY}). What a reference may reach beyond its form is the secret source's to decide.
 */
public record SecretRef(Kind kind, String name) {
    /** Which of the three. */
    public enum Kind {
        ENV,
        FILE,
        CREDENTIAL
    }

    public SecretRef {
        Checks.text("credential", name, 4096);
        boolean ok = switch (kind) {
            case ENV ->
                name.matches("[A-Za-z_][A-Za-z0-9_]*")
                        && !name.toUpperCase(Locale.ROOT).startsWith("LLMPROXY_");
            case FILE -> name.startsWith("/");
            case CREDENTIAL -> name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,254}");
        };
        if (!ok) {
            throw new InvalidValueException(
                    "credential",
                    switch (kind) {
                        case ENV ->
                            "an environment variable's name is letters, digits and '_', and does not begin with LLMPROXY_";
                        case FILE -> "a file must be named by its absolute path";
                        case CREDENTIAL -> "is no name of a systemd credential";
                    });
        }
    }

    /** @throws InvalidValueException where the text has another form */
    public static SecretRef parse(String text) {
        int colon = text.indexOf(':');
        String scheme = colon < 0 ? "" : text.substring(0, colon);
        for (Kind kind : Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(scheme)) {
                return new SecretRef(kind, text.substring(colon + 1));
            }
        }
        throw new InvalidValueException("credential", "must be env:NAME, file:PATH or credential:NAME");
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + ":" + name;
    }
}
