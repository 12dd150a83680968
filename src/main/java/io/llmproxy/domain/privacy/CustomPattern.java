package io.llmproxy.domain.privacy;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.List;
import java.util.Locale;

/**
 * Something private that only the operator knows the form of.
 *
 * @param name lower-case letters, digits and hyphens, a letter first; it stands in capitals where something was found
 * @param regex what {@link PatternProgram} takes; it must not match the empty text
 */
public record CustomPattern(String name, String regex) {
    public static final String FIELD = "redactPatterns";
    private static final int MAX_NAME = 32;
    private static final int MAX_REGEX = 500;

    public CustomPattern {
        if (name.isEmpty() || name.length() > MAX_NAME || !wellNamed(name)) {
            throw new InvalidValueException(
                    FIELD,
                    "a name is 1 to " + MAX_NAME + " lower-case letters, digits and hyphens, a letter first; got "
                            + InvalidValueException.quoted(name));
        }
        for (PrivateKind kind : PrivateKind.values()) {
            if (kind.word().equals(name)) {
                throw new InvalidValueException(FIELD, "the name " + name + " is that of a kind; take another");
            }
        }
        if (regex.isEmpty() || regex.length() > MAX_REGEX) {
            throw new InvalidValueException(
                    FIELD, "the pattern " + name + " must have 1 to " + MAX_REGEX + " characters");
        }
        PatternProgram.of(FIELD + " " + name, List.of(regex));
    }

    /** @param text {@code name=regex} */
    public static CustomPattern parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new InvalidValueException(FIELD, "wants name=regex; got " + InvalidValueException.quoted(text));
        }
        return new CustomPattern(text.substring(0, equals), text.substring(equals + 1));
    }

    /** As {@link #parse} takes it. */
    public String text() {
        return name + "=" + regex;
    }

    /** As it stands in a text instead of what was found. */
    public String label() {
        return name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static boolean wellNamed(String name) {
        return name.charAt(0) >= 'a'
                && name.charAt(0) <= 'z'
                && name.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-');
    }
}
