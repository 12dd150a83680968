package io.llmproxy.gateway.privacy;

import java.util.Arrays;

/**
 * The part of a text that a scan looks at: what is yet to be judged, and before it as much as detectors look back. Indices are those
 * of the array, which moves; a detector keeps none.
 */
final class Window {
    /** Of {@link #peek}: the text ends here. Of a detector: not at this place, whatever follows. */
    static final int NO = -1;
    /** More of the text must come before this can be told. */
    static final int MORE = -2;

    /** How many characters detectors may look back. */
    static final int CONTEXT = 48;

    private static final boolean[] WORD = new boolean[128];

    static {
        for (char c = 0; c < 128; c++) {
            WORD[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_';
        }
    }

    char[] chars;
    int to;
    /** Whether the text ends at {@link #to}. */
    boolean last;
    /** What a detector that matched says of its end: characters of this sort that follow belong to it too. */
    Tail tail = Tail.NONE;
    /** The digits that were read last, without what separates them. */
    final byte[] digits = new byte[40];

    int count;
    /** Of what the last detector that matched finds. */
    String label = "";

    Window(char[] chars, int to, boolean last) {
        this.chars = chars;
        this.to = to;
        this.last = last;
    }

    /** The character there; {@link #NO} behind the end; {@link #MORE} where it has not come yet. */
    int peek(int i) {
        return i < to ? chars[i] : last ? NO : MORE;
    }

    /** The character before {@code i}, so many before; {@link #NO} where there is none. */
    int before(int i, int back) {
        return back <= i ? chars[i - back] : NO;
    }

    void append(CharSequence text, int from, int end) {
        int length = end - from;
        if (chars.length - to < length) {
            chars = Arrays.copyOf(chars, Math.max(chars.length * 2, to + length));
        }
        for (int i = from; i < end; i++) {
            chars[to++] = text.charAt(i);
        }
    }

    /** Forgets what lies more than {@link #CONTEXT} before {@code at}, if that is much; returns by how much indices shrink. */
    int forget(int at) {
        int gone = at - CONTEXT;
        if (gone < 1024) {
            return 0;
        }
        System.arraycopy(chars, gone, chars, 0, to - gone);
        to -= gone;
        return gone;
    }

    /** Where a match may end: no word goes on there, and no number behind a dot or a hyphen. The end, NO or MORE. */
    int ended(int end) {
        int c = peek(end);
        if (c == MORE) {
            return MORE;
        }
        if (isWord(c)) {
            return NO;
        }
        if (c == '.' || c == '-') {
            int next = peek(end + 1);
            return next == MORE ? MORE : isDigit(next) ? NO : end;
        }
        return end;
    }

    /** Whether no number with a dot or hyphen runs into this place. */
    boolean freeBefore(int i) {
        int c = before(i, 1);
        return !((c == '.' || c == '-' || c == ',') && isDigit(before(i, 2)));
    }

    /**
     * Reads digits in groups of these lengths, the same separator between all of them or none at all, into {@link #digits}.
     *
     * @return the index behind the last digit, NO or MORE; what follows is not looked at
     */
    int groups(int i, int[] lengths, String separators) {
        count = 0;
        int separator = 0;
        int at = i;
        for (int g = 0; g < lengths.length; g++) {
            if (g > 0) {
                int c = peek(at);
                if (c == MORE) {
                    return MORE;
                }
                boolean separated = c > 0 && separators.indexOf(c) >= 0;
                if (g == 1) {
                    separator = separated ? c : 0;
                }
                if (separator != (separated ? c : 0)) {
                    return NO;
                }
                at += separated ? 1 : 0;
            }
            for (int n = 0; n < lengths[g]; n++, at++) {
                int c = peek(at);
                if (!isDigit(c)) {
                    return c == MORE ? MORE : NO;
                }
                digits[count++] = (byte) (c - '0');
            }
        }
        return at;
    }

    /** So many of the digits read, as a number. */
    long number(int from, int end) {
        long value = 0;
        for (int i = from; i < end; i++) {
            value = value * 10 + digits[i];
        }
        return value;
    }

    /** Whether words go on over it. Scripts without blanks between words end one, or no name in a Chinese text would be seen. */
    static boolean isWord(int c) {
        return c >= 0 && (c < 128 ? WORD[c] : c < 0x2E80 && Character.isLetterOrDigit(c));
    }

    static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    static boolean isUpper(int c) {
        return c >= 'A' && c <= 'Z';
    }

    static boolean isAlnum(int c) {
        return c < 128 && c != '_' && isWord(c);
    }
}
