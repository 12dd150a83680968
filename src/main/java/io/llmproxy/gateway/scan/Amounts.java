package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;

/**
 * Reads what a request says of how much is to be generated, to the limits' side, so that nobody asks for more than is reserved by
 * spelling it as some servers read it and others do not.
 */
final class Amounts {
    /** As many as nobody means; what is larger counts as this. */
    static final long MOST = 1_000_000_000;

    private static final long NONE = -1;
    private static final long NO_EXPONENT = Long.MIN_VALUE;

    private Amounts() {}

    /**
     * The bound that the value just read sets; 0: none, since it is null. What is no whole number above 0 bounds nothing, whatever other
     * members say, and neither does what is said twice.
     *
     * @param before what the member of that name has set before; -1: nothing
     */
    static long bound(JsonScanner scanner, Token kind, long before) {
        if (before < 0 && kind == Token.NULL) {
            return 0;
        }
        long said = before < 0 && kind == Token.NUMBER ? scanner.count() : NONE;
        return said > 0 ? said : JsonRequest.UNBOUND;
    }

    /** The same by a name that some servers take for a bound's and others for none, so that it can only raise what another one says. */
    static long raise(JsonScanner scanner, Token kind) {
        long said = bound(scanner, kind, NONE);
        return said > 0 ? said : JsonRequest.UNBOUND;
    }

    /**
     * The value just read as the most lenient of servers reads it: a number in any notation, or a text of one, a fraction rounded up; -1:
     * it is none, or below 0. Only one in an unusual spelling is copied.
     */
    static long count(JsonScanner scanner, Token kind) {
        if (kind != Token.NUMBER && kind != Token.STRING) {
            return NONE;
        }
        long plain = kind == Token.NUMBER ? scanner.count() : NONE;
        if (plain >= 0) {
            return Math.min(plain, MOST);
        }
        if (!scanner.kept()) {
            return MOST; // too long to be looked at, and no honest count
        }
        return count(kind == Token.STRING ? scanner.text() : scanner.spelled());
    }

    private static long count(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && space(text.charAt(from))) {
            from++;
        }
        while (to > from && space(text.charAt(to - 1))) {
            to--;
        }
        if (from < to && text.charAt(from) == '+') {
            from++;
        }
        int digits = 0;
        int point = -1;
        int at = from;
        for (; at < to; at++) {
            char c = text.charAt(at);
            if (digit(c)) {
                digits++;
            } else if (c == '.' && point < 0) {
                point = digits;
            } else if (c != '_') {
                break; // which Python takes between digits
            }
        }
        long exponent = at == to ? 0 : exponent(text, at, to);
        if (digits == 0 || exponent == NO_EXPONENT) {
            return NONE;
        }
        return rounded(text, from, at, (point < 0 ? digits : point) + exponent);
    }

    /** @param whole how many of the digits stand before the point; they may be fewer than that, or more than none */
    private static long rounded(String text, int from, int to, long whole) {
        long value = 0;
        long seen = 0;
        boolean more = false;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (!digit(text.charAt(i))) {
                continue;
            }
            if (seen < whole) {
                value = Math.min(MOST, value * 10 + digit);
            } else {
                more |= digit != 0;
            }
            seen++;
        }
        for (; seen < whole && value > 0 && value < MOST; seen++) {
            value = Math.min(MOST, value * 10);
        }
        return Math.min(MOST, value + (more ? 1 : 0));
    }

    private static long exponent(String text, int at, int to) {
        if (text.charAt(at) != 'e' && text.charAt(at) != 'E') {
            return NO_EXPONENT;
        }
        int from = at + 1;
        boolean negative = from < to && text.charAt(from) == '-';
        if (negative || from < to && text.charAt(from) == '+') {
            from++;
        }
        if (from == to) {
            return NO_EXPONENT;
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            if (!digit(text.charAt(i))) {
                return NO_EXPONENT;
            }
            value = Math.min(MOST, value * 10 + text.charAt(i) - '0');
        }
        return negative ? -value : value;
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9';
    }

    /** What some take for it, beyond ASCII too. */
    private static boolean space(char c) {
        return c <= ' ' || c > '~';
    }
}
