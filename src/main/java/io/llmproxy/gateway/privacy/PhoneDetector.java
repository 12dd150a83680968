package io.llmproxy.gateway.privacy;

import java.util.Locale;

/**
 * Telephone numbers: international ones by their plus sign or 00; national ones of the forms that little else has (North America's
 * 3-3-4, a 0 and groups); any number of seven to fifteen digits that is called a telephone number by the words before it.
 */
final class PhoneDetector implements Detector {
    private static final int MOST_DIGITS = 15;
    private static final String SEPARATORS = " -./\u00A0\u2011\u202F";
    private static final String[] CALLED_SO = {
        "telefonnummer",
        "handynummer",
        "mobilnummer",
        "phone_number",
        "tel",
        "phone",
        "telephone",
        "telefon",
        "teléfono",
        "telefono",
        "téléphone",
        "fon",
        "mobil",
        "mobile",
        "móvil",
        "movil",
        "cell",
        "cellphone",
        "handy",
        "natel",
        "fax",
        "whatsapp",
        "sms",
        "rufnummer",
        "rückruf",
        "appelle",
        "appelez",
        "anrufen",
        "тел",
        "телефон",
        "celular",
        "portable",
        "telefone",
        "cellulare",
        "hotline"
    };
    private static final String[] ONLY_DIRECTLY = {"call", "dial", "ring", "text"};
    private static final String[] CALLED_SO_IN_CHINESE = {"电话", "手机", "電話", "手機", "携帯", "전화", "微信"};

    /** What a run of digits and separators looks like. */
    private static final class Span {
        int digits;
        int groups;
        final int[] lengths = new int[8];
        int separator;
        boolean mixed;
        boolean parentheses;
        int end;
    }

    @Override
    public int match(Window w, int i) {
        char c = w.chars[i];
        int start = c == '+' ? i + 1 : i;
        if (c == '+') {
            int first = w.peek(start);
            if (first == Window.MORE) {
                return Window.MORE;
            }
            if (!Window.isDigit(first) || first == '0') {
                return Window.NO;
            }
        } else if (c == '(') {
            int first = w.peek(i + 1);
            int sign = first == '+' ? w.peek(i + 2) : first;
            if (sign == Window.MORE) {
                return Window.MORE;
            }
            if (first == '+' || !Window.isDigit(sign)) {
                return Window.NO;
            }
        } else if (!w.freeBefore(i) || w.before(i, 1) == '/' && Window.isWord(w.before(i, 2))) {
            return Window.NO;
        }
        Span span = new Span();
        int outcome = read(w, start, span);
        if (outcome < 0) {
            return outcome;
        }
        int end = w.ended(span.end);
        if (end < 0) {
            return end;
        }
        boolean good = c == '+'
                ? span.digits >= (span.groups == 1 ? 9 : 8)
                : national(w, i, span) || span.digits >= 7 && !dated(span) && called(w, i);
        return good ? end : Window.NO;
    }

    /** Reads digits with their separators; 0, or NO or MORE. */
    private static int read(Window w, int from, Span span) {
        int at = from;
        boolean open = false;
        int length = 0;
        while (true) {
            int c = w.peek(at);
            if (Window.isDigit(c)) {
                if (span.digits < w.digits.length) {
                    w.digits[span.digits] = (byte) (c - '0');
                }
                length++;
                at++;
                span.end = at;
                if (++span.digits > MOST_DIGITS + 2) {
                    return Window.NO;
                }
                continue;
            }
            int next = at;
            if (c == '(' && !open && !span.parentheses) {
                open = true;
                span.parentheses = true;
                next = at + 1;
            } else if (c == ')' && open) {
                open = false;
                next = at + 1;
                int after = w.peek(next);
                next += after >= 0 && SEPARATORS.indexOf(after) >= 0 ? 1 : 0;
            } else if (c == ' ' && w.peek(at + 1) == '(' && !span.parentheses) {
                open = true;
                span.parentheses = true;
                next = at + 2;
            } else if (c >= 0 && SEPARATORS.indexOf(c) >= 0) {
                next = at + 1;
            }
            if (c == Window.MORE || w.peek(next) == Window.MORE || c == ' ' && w.peek(at + 1) == Window.MORE) {
                return Window.MORE;
            }
            if (next == at || !Window.isDigit(w.peek(next))) {
                break;
            }
            separated(span, c, length);
            length = 0;
            at = next;
        }
        if (open) {
            return Window.NO;
        }
        if (span.groups < span.lengths.length) {
            span.lengths[span.groups] = length;
        }
        span.groups++;
        return span.digits > MOST_DIGITS || span.digits < 7 ? Window.NO : 0;
    }

    private static void separated(Span span, int c, int length) {
        if (length == 0) {
            return;
        }
        if (span.groups < span.lengths.length) {
            span.lengths[span.groups] = length;
        }
        boolean plain = SEPARATORS.indexOf(c) >= 0;
        // what follows the area code may differ from what separates the rest
        if (span.groups > 1 && plain && span.separator != c) {
            span.mixed = true;
        }
        span.separator = plain ? c : span.separator;
        span.groups++;
    }

    private static boolean national(Window w, int i, Span span) {
        if (span.mixed || span.groups < 2 || span.groups > 7) {
            return false;
        }
        int[] n = span.lengths;
        boolean plain = w.digits[0] == 0 && w.digits[1] == 0;
        if (plain) {
            return w.digits[2] != 0 && span.digits >= 10 && n[0] >= 2 && span.groups >= 3;
        }
        if (w.digits[0] == 0) {
            return trunk(span, n);
        }
        boolean one = span.groups == 4 && n[0] == 1 && w.digits[0] == 1;
        int from = one ? 1 : 0;
        return (one || span.groups == 3)
                && n[from] == 3
                && n[from + 1] == 3
                && n[from + 2] == 4
                && w.digits[from] >= 2
                && !(span.separator == ' ' && !span.parentheses && !one && calledOtherwise(w, i));
    }

    /** A 0, the area, and groups of two digits or more. */
    private static boolean trunk(Span span, int[] n) {
        if (span.digits < 9 || span.digits > 12 || n[0] < 2 || n[0] > 5 || dated(span)) {
            return false;
        }
        if (span.groups == 2) {
            return n[1] >= 5 && n[1] <= 9;
        }
        boolean equal = true;
        for (int g = 1; g < span.groups; g++) {
            if (n[g] < 2 || n[g] > 5) {
                return false;
            }
            equal &= n[g] == n[0];
        }
        return !equal || n[0] == 2;
    }

    /** Whether it is a date, perhaps with a time. */
    private static boolean dated(Span span) {
        int[] n = span.lengths;
        boolean start = n[0] <= 2 && n[1] <= 2 && n[2] == 4 || n[0] == 4 && n[1] <= 2 && n[2] <= 2;
        return span.groups >= 3 && start;
    }

    private static boolean calledOtherwise(Window w, int i) {
        int c = w.before(i, 1);
        return c == '#' || c == ' ' && Window.isDigit(w.before(i, 2));
    }

    /** Whether a word before it, with no other number between, says what it is. */
    private static boolean called(Window w, int i) {
        int from = i;
        int least = Math.max(0, i - 30);
        while (from > least && !Window.isDigit(w.chars[from - 1]) && w.chars[from - 1] != '\n') {
            from--;
        }
        String said = new String(w.chars, from, i - from).toLowerCase(Locale.ROOT);
        for (String name : CALLED_SO) {
            if (hasWord(said, name, from > least || from == 0)) {
                return true;
            }
        }
        String directly = said.stripTrailing();
        for (String name : ONLY_DIRECTLY) {
            if (directly.endsWith(name) && hasWord(directly, name, from > least || from == 0)) {
                return true;
            }
        }
        for (String name : CALLED_SO_IN_CHINESE) {
            if (said.contains(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasWord(String said, String name, boolean whole) {
        for (int at = said.indexOf(name); at >= 0; at = said.indexOf(name, at + 1)) {
            boolean begins = at == 0 ? whole : !Window.isWord(said.charAt(at - 1)) || said.charAt(at - 1) == '_';
            int end = at + name.length();
            boolean ends = end == said.length() || !Character.isLetter(said.charAt(end));
            if (begins && ends) {
                return true;
            }
        }
        return false;
    }
}
