package io.llmproxy.gateway.privacy;

import java.util.Locale;
import java.util.Set;

/** Addresses of e-mail (RFC 5321 as it is used), those of other alphabets too; {@code %40} counts as the sign. */
final class EmailDetector implements Detector {
    private static final int MAX_LOCAL = 96;
    private static final int MAX_DOMAIN = 200;
    private static final int MAX_TOP = 24;
    /** What looks like a domain and names a file: {@code icon@2x.png}. */
    private static final Set<String> FILES = Set.of(
            "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html", "yaml", "yml", "java", "py",
            "jar", "tgz", "txt");

    @Override
    public int match(Window w, int i) {
        int at = i;
        int c = w.peek(at);
        while (isLocal(c) && at - i < MAX_LOCAL) {
            c = w.peek(++at);
        }
        if (c == Window.MORE) {
            return Window.MORE;
        }
        int domain = afterSign(w, at, c);
        return domain < 0 ? domain : domain(w, i, at, domain);
    }

    private static int afterSign(Window w, int at, int c) {
        if (c == '@' || c == '\uFF20') {
            return at + 1;
        }
        if (c != '%') {
            return Window.NO;
        }
        int four = w.peek(at + 1);
        int zero = four == '4' ? w.peek(at + 2) : four;
        return four == Window.MORE || zero == Window.MORE
                ? Window.MORE
                : four == '4' && zero == '0' ? at + 3 : Window.NO;
    }

    private static int domain(Window w, int start, int sign, int from) {
        int label = from;
        int good = Window.NO;
        int at = from;
        while (true) {
            int c = w.peek(at);
            if (c == Window.MORE) {
                return Window.MORE;
            }
            if (isDomain(c) && at - from < MAX_DOMAIN) {
                at++;
                continue;
            }
            if (at == label) {
                break;
            }
            if (label > from && top(w, label, at)) {
                good = at;
            }
            if (c != '.' || w.chars[label] == '-' || w.chars[at - 1] == '-') {
                break;
            }
            label = ++at;
        }
        return good < 0 || isFile(w, good) || isGit(w, start, sign, good) ? Window.NO : good;
    }

    /** Whether the label may be the last: letters, two at least, or an encoded one. */
    private static boolean top(Window w, int from, int to) {
        if (to - from < 2 || to - from > MAX_TOP) {
            return false;
        }
        boolean encoded = w.chars[from] == 'x' && w.chars[from + 1] == 'n' && to - from > 4;
        for (int i = from; i < to && !encoded; i++) {
            if (w.chars[i] == '-' || Window.isDigit(w.chars[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isFile(Window w, int end) {
        int from = end;
        while (w.chars[from - 1] != '.') {
            from--;
        }
        return end - from <= 4 && FILES.contains(new String(w.chars, from, end - from).toLowerCase(Locale.ROOT));
    }

    /** {@code git@host:path} is nobody's address. */
    private static boolean isGit(Window w, int start, int sign, int end) {
        return sign - start == 3
                && w.chars[start] == 'g'
                && w.chars[start + 1] == 'i'
                && w.chars[start + 2] == 't'
                && end < w.to
                && w.chars[end] == ':';
    }

    private static boolean isLocal(int c) {
        return Window.isWord(c) || c == '.' || c == '+' || c == '-' || c == '\'';
    }

    private static boolean isDomain(int c) {
        return c != '_' && Window.isWord(c) || c == '-' || c >= 0x2E80 && Character.isLetter(c) && c < 0xFF00;
    }
}
