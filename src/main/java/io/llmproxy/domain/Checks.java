package io.llmproxy.domain;

import io.llmproxy.domain.error.InvalidValueException;
import org.jspecify.annotations.Nullable;

/** The rules that several records' constructors share; each throws {@link InvalidValueException} naming the field. */
public final class Checks {
    private Checks() {}

    /** A text of 1 to {@code max} characters without control characters. */
    public static String text(String field, @Nullable String value, int max) {
        if (value == null || value.isBlank()) {
            throw new InvalidValueException(field, "must not be empty");
        }
        if (value.length() > max) {
            throw new InvalidValueException(
                    field, "has " + value.length() + " characters; at most " + max + " are allowed");
        }
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw new InvalidValueException(field, "must not contain control characters");
            }
        }
        return value;
    }

    /** A name that fits in a path, a command line and a model prefix: {@code [A-Za-z0-9][A-Za-z0-9._-]{0,62}}. */
    public static String name(String field, @Nullable String value) {
        if (value == null || !isName(value)) {
            throw new InvalidValueException(
                    field,
                    "must be 1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit"
                            + (value == null ? "" : "; got " + quoted(value)));
        }
        return value;
    }

    /** A tenant's slug: {@code [a-z0-9][a-z0-9-]{0,62}}. */
    public static String slug(String field, @Nullable String value) {
        boolean ok = value != null && isName(value);
        for (int i = 0; ok && value != null && i < value.length(); i++) {
            char c = value.charAt(i);
            ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-';
        }
        if (!ok || value == null) {
            throw new InvalidValueException(
                    field,
                    "must be 1 to 63 lower-case letters, digits or '-', beginning with a letter or digit"
                            + (value == null ? "" : "; got " + quoted(value)));
        }
        return value;
    }

    /** A whole number of at least {@code min}. */
    public static long atLeast(String field, long value, long min) {
        if (value < min) {
            throw new InvalidValueException(field, "must be at least " + min + "; got " + value);
        }
        return value;
    }

    /** The largest amount of anything that may be limited: beyond any use, and far from where sums overflow. */
    public static final long MAX_AMOUNT = 1_000_000_000_000_000L;

    /**
     * An amount that a limit may have; null is none.
     *
     * @param without what to do to have no limit at all
     */
    public static void amount(String field, @Nullable Long value, String without) {
        if (value != null && (value < 1 || value > MAX_AMOUNT)) {
            throw new InvalidValueException(
                    field, "must be from 1 to " + MAX_AMOUNT + "; got " + value + (value == 0 ? "; " + without : ""));
        }
    }

    /** A text as it may stand in an error: shortened, control characters replaced. */
    public static String quoted(String value) {
        return InvalidValueException.quoted(value);
    }

    private static boolean isName(String value) {
        if (value.isEmpty() || value.length() > 63) {
            return false;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            boolean punctuation = i > 0 && (c == '.' || c == '_' || c == '-');
            if (!alphanumeric && !punctuation) {
                return false;
            }
        }
        return true;
    }
}
