package io.llmproxy.gateway.audit;

import java.util.function.UnaryOperator;

/**
 * Redacts JSON text by text, each as it reads without its escapes, so that nothing private hides behind a spelling; what stands
 * between texts is redacted as it is, so that no number hides either. Also of what is cut off or no JSON: there is no tree.
 */
final class JsonTexts {
    private JsonTexts() {}

    static String redact(String json, UnaryOperator<String> redact) {
        StringBuilder out = new StringBuilder(json.length());
        int at = 0;
        while (at < json.length()) {
            int quote = json.indexOf('"', at);
            int end = quote < 0 ? json.length() : quote;
            out.append(between(json.substring(at, end), redact));
            at = end;
            if (quote >= 0) {
                int close = close(json, quote + 1);
                String text = plain(json.substring(quote + 1, close));
                String clean = redact.apply(text);
                // what has nothing private stays as it was spelled
                out.append('"');
                if (clean.equals(text)) {
                    out.append(json, quote + 1, close);
                } else {
                    spell(out, clean);
                }
                if (close < json.length()) {
                    out.append('"');
                }
                at = close + 1;
            }
        }
        return out.toString();
    }

    private static String between(String text, UnaryOperator<String> redact) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isDigit(text.charAt(i))) {
                return redact.apply(text);
            }
        }
        return text;
    }

    /** Where the text ends that begins there. */
    private static int close(String json, int from) {
        int i = from;
        while (i < json.length() && json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i, json.length());
    }

    /** Without escapes; one that is none stays. */
    static String plain(String spelled) {
        if (spelled.indexOf('\\') < 0) {
            return spelled;
        }
        StringBuilder out = new StringBuilder(spelled.length());
        int i = 0;
        while (i < spelled.length()) {
            char c = spelled.charAt(i);
            if (c != '\\' || i + 1 == spelled.length()) {
                out.append(c);
                i++;
                continue;
            }
            char kind = spelled.charAt(i + 1);
            int unit = kind == 'u' ? unit(spelled, i + 2) : -1;
            out.append(unit >= 0 ? (char) unit : meant(kind));
            i += unit >= 0 ? 6 : 2;
        }
        return out.toString();
    }

    private static int unit(String text, int from) {
        int unit = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }

    private static char meant(char kind) {
        return switch (kind) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> kind;
        };
    }

    private static void spell(StringBuilder out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
    }
}
