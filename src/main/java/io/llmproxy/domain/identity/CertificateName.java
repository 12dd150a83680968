package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One of the names by which a client's certificate is known, as {@code dns:app.example.com}. Two are the same where they are equal:
 * no wildcards, no parts.
 *
 * @param value in the form that the kind prescribes
 */
public record CertificateName(Kind kind, String value) {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int LONGEST = 1024;

    /** What a name is taken from. */
    public enum Kind {
        /** SHA-256 of the whole certificate, in 64 hexadecimal digits. */
        FINGERPRINT,
        /** The distinguished name, in the canonical form of RFC 2253: small letters, no blanks between the parts. */
        SUBJECT,
        /** Alternative names. */
        DNS,
        URI,
        EMAIL;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Reads what {@link #toString} writes, and the other usual spellings of a fingerprint: with colons, in capitals. A subject must
     * be in its canonical form already.
     *
     * @throws InvalidValueException naming {@code field}
     */
    public static CertificateName parse(String field, String text) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        for (Kind kind : Kind.values()) {
            if (kind.word().equals(word)) {
                return new CertificateName(
                        kind, checked(field, kind, text.substring(colon + 1).strip()));
            }
        }
        throw new InvalidValueException(
                field,
                "must begin with one of "
                        + Arrays.stream(Kind.values()).map(k -> k.word() + ":").collect(Collectors.joining(", "))
                        + "; got " + Checks.quoted(text));
    }

    private static String checked(String field, Kind kind, String value) {
        Checks.text(field, value, LONGEST);
        return switch (kind) {
            case FINGERPRINT -> {
                String digits = value.replace(":", "").toLowerCase(Locale.ROOT);
                if (!SHA256.matcher(digits).matches()) {
                    throw new InvalidValueException(
                            field,
                            "a fingerprint is the SHA-256 of the certificate in 64 hexadecimal digits, as"
                                    + " openssl x509 -noout -fingerprint -sha256 shows it; got "
                                    + Checks.quoted(value));
                }
                yield digits;
            }
            case DNS, EMAIL -> {
                if (value.indexOf('*') >= 0) {
                    throw new InvalidValueException(field, "names have no wildcards; got " + Checks.quoted(value));
                }
                yield value.toLowerCase(Locale.ROOT);
            }
            case SUBJECT, URI -> value;
        };
    }

    @Override
    public String toString() {
        return kind.word() + ":" + value;
    }
}
