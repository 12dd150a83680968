package io.llmproxy.adapter.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request target may look like. A path that a provider's server could read otherwise than this gateway does, which
 * decides by it what a key may use, is refused and not repaired.
 */
final class PathRules {
    private static final String PCHAR_PUNCTUATION = "-._~!$&'()*+,;=:@/%";

    private PathRules() {}

    /** Why the path is refused, or null where it is fine; as it was sent, and as it is understood. */
    static @Nullable String refusal(String path) {
        if (!path.startsWith("/")) {
            return "The request target must be a path that begins with `/`.";
        }
        String escapes = escapesRefusal(path);
        if (escapes == null && path.indexOf('%') >= 0) {
            // %25%32%66 is a doubly encoded slash whose second escape is itself encoded
            escapes = escapesRefusal(normalized(path));
        }
        return escapes != null ? escapes : segmentsRefusal(path);
    }

    /**
     * The path with what need not be encoded decoded (RFC 3986, section 6.2.2.2), so that one resource has one spelling: a
     * provider's server would decode {@code /v1/chat/%63ompletions} too, and what is not recognized is not metered.
     */
    static String normalized(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        StringBuilder out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            int octet = path.charAt(i) == '%' ? octet(path, i + 1) : -1;
            if (unreserved(octet)) {
                out.append((char) octet);
                i += 2;
            } else {
                out.append(path.charAt(i));
            }
        }
        return out.toString();
    }

    /** Why the query is refused, or null where it is fine; brackets, quotes and the like are common and harmless. */
    static @Nullable String queryRefusal(@Nullable String query) {
        for (int i = 0; query != null && i < query.length(); i++) {
            char c = query.charAt(i);
            if (c <= 0x20 || c >= 0x7F || c == '#') {
                return "The query holds characters that must be percent-encoded.";
            }
        }
        return null;
    }

    private static @Nullable String escapesRefusal(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (!allowed(c)) {
                return "The path holds a character that must be percent-encoded, or a backslash.";
            }
            if (c != '%') {
                continue;
            }
            int octet = octet(path, i + 1);
            if (octet < 0) {
                return "The path holds a `%` that two hexadecimal digits do not follow.";
            }
            if (separates(octet) || octet == '%' && disguises(octet(path, i + 3))) {
                return "The path holds an encoded slash, backslash, dot segment or control character.";
            }
        }
        return null;
    }

    private static @Nullable String segmentsRefusal(String path) {
        for (int start = 1, end; start <= path.length(); start = end + 1) {
            int slash = path.indexOf('/', start);
            end = slash < 0 ? path.length() : slash;
            if (start == end && slash >= 0) {
                return "The path holds an empty segment.";
            }
            char first = start < end ? path.charAt(start) : 0;
            if ((first == '.' || first == '%') && dots(path.substring(start, end))) {
                return "The path holds a `.` or `..` segment.";
            }
        }
        return null;
    }

    /** Some servers drop what follows a semicolon before they look at the dots, and decode before that, once or twice. */
    private static boolean dots(String segment) {
        String decoded = segment.toLowerCase(Locale.ROOT)
                .replace("%25", "%")
                .replace("%2e", ".")
                .replace("%3b", ";");
        int semicolon = decoded.indexOf(';');
        String name = semicolon < 0 ? decoded : decoded.substring(0, semicolon);
        return name.equals(".") || name.equals("..");
    }

    private static boolean allowed(char c) {
        return alphanumeric(c) || PCHAR_PUNCTUATION.indexOf(c) >= 0;
    }

    private static boolean unreserved(int octet) {
        return alphanumeric(octet) || octet >= 0 && "-._~".indexOf(octet) >= 0;
    }

    private static boolean alphanumeric(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private static boolean separates(int octet) {
        return octet < 0x20 || octet == 0x7F || octet == '/' || octet == '\\';
    }

    /** Whether an octet that was encoded twice would change the path's structure once it is decoded twice. */
    private static boolean disguises(int octet) {
        return octet >= 0 && (separates(octet) || octet == '.' || octet == '%');
    }

    /** The value of two hexadecimal digits at {@code at}, or -1. */
    private static int octet(String path, int at) {
        if (at + 2 > path.length()) {
            return -1;
        }
        int high = Character.digit(path.charAt(at), 16);
        int low = Character.digit(path.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}
