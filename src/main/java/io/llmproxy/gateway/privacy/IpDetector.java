package io.llmproxy.gateway.privacy;

import java.util.List;
import java.util.Locale;

/**
 * IP addresses. Of version 4 those that are not the machine itself, nobody or a version number by the word before it; of version 6
 * those of the global, the unique local and the link-local range.
 */
final class IpDetector implements Detector {
    private static final List<String> BEFORE_VERSIONS =
            List.of("ver ", "ver. ", "v. ", "build ", "section ", "chapter ", "oid ");

    @Override
    public int match(Window w, int i) {
        int four = Window.isDigit(w.chars[i]) ? version4(w, i) : Window.NO;
        return four == Window.NO ? version6(w, i) : four;
    }

    private static int version4(Window w, int i) {
        int before = w.before(i, 1);
        if (before == '.' || (before == '-' || before == ',') && Window.isWord(w.before(i, 2))) {
            return Window.NO;
        }
        long address = 0;
        int at = i;
        for (int part = 0; part < 4; part++) {
            if (part > 0) {
                int c = w.peek(at);
                if (c != '.') {
                    return c == Window.MORE ? Window.MORE : Window.NO;
                }
                at++;
            }
            int value = 0;
            int from = at;
            int c = w.peek(at);
            while (Window.isDigit(c) && at - from < 4) {
                value = value * 10 + c - '0';
                c = w.peek(++at);
            }
            if (c == Window.MORE) {
                return Window.MORE;
            }
            if (at == from || value > 255 || at - from > 1 && w.chars[from] == '0') {
                return Window.NO;
            }
            address = address << 8 | value;
        }
        int end = ended(w, at);
        return end < 0 || telling(address) && !called(w, i) ? end : Window.NO;
    }

    private static int ended(Window w, int at) {
        int c = w.peek(at);
        int next = c == '-' ? w.peek(at + 1) : c;
        if (c == Window.MORE || next == Window.MORE) {
            return Window.MORE;
        }
        return c == '-' && Window.isWord(next) ? Window.NO : w.ended(at);
    }

    private static boolean telling(long address) {
        int first = (int) (address >> 24);
        return first != 0 && first != 127 && first != 255 && address != 0x01020304L;
    }

    /** Whether the words before call it a version. */
    private static boolean called(Window w, int i) {
        int from = Math.max(0, i - 16);
        String said = new String(w.chars, from, i - from).toLowerCase(Locale.ROOT);
        return said.contains("version")
                || said.contains("release")
                || said.contains("assembly")
                || BEFORE_VERSIONS.stream().anyMatch(word -> endsWithWord(said, word));
    }

    private static boolean endsWithWord(String said, String word) {
        int at = said.length() - word.length() - 1;
        return said.endsWith(word) && (at < 0 || !Window.isWord(said.charAt(at)));
    }

    private static int version6(Window w, int i) {
        int before = w.before(i, 1);
        if (before == ':' || before == '.') {
            return Window.NO;
        }
        int groups = 0;
        boolean gap = false;
        int at = i;
        int end = Window.NO;
        while (true) {
            int value = 0;
            int from = at;
            int c = w.peek(at);
            while (hex(c) && at - from < 5) {
                value = value << 4 | Character.digit(c, 16);
                c = w.peek(++at);
            }
            if (c == Window.MORE) {
                return Window.MORE;
            }
            int length = at - from;
            if (length > 4 || groups == 0 && (length != 4 || !known(value))) {
                return Window.NO;
            }
            if (length > 0) {
                groups++;
                end = at;
            }
            if (c != ':' || groups == 8) {
                break;
            }
            int next = w.peek(at + 1);
            if (next == Window.MORE) {
                return Window.MORE;
            }
            if (next == ':') {
                if (gap) {
                    return Window.NO;
                }
                gap = true;
                at += 2;
                end = at;
            } else if (hex(next) && length > 0) {
                at++;
            } else {
                break;
            }
        }
        return groups == 8 || gap && groups < 8 ? after(w, end) : Window.NO;
    }

    private static int after(Window w, int end) {
        int c = w.peek(end);
        int next = c == ':' ? w.peek(end + 1) : c;
        if (c == Window.MORE || next == Window.MORE) {
            return Window.MORE;
        }
        return Window.isWord(c) || c == ':' && next == ':' ? Window.NO : end;
    }

    private static boolean known(int first) {
        return first >= 0x2000 && first <= 0x3FFF
                || first >= 0xFC00 && first <= 0xFDFF
                || first >= 0xFE80 && first <= 0xFEBF;
    }

    private static boolean hex(int c) {
        return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
    }
}
