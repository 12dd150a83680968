package io.llmproxy.domain;

import java.util.Arrays;

/**
 * What characters the names and values of HTTP fields may have. A look at a text goes over all of it and decides nothing at
 * each character, since nearly all are as they should be.
 */
public final class FieldText {
    private static final byte[] NO_TOKEN = noToken();

    private FieldText() {}

    /** Whether a text is a token (RFC 9110, section 5.6.2): a method, a field's name. */
    public static boolean token(String text) {
        int odd = text.isEmpty() ? 1 : 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            odd |= c >>> 7 | NO_TOKEN[c & 127];
        }
        return odd == 0;
    }

    /** The same of the bytes of ISO 8859-1 from {@code from} up to, not with, {@code end}. */
    public static boolean token(byte[] text, int from, int end) {
        int odd = from < end ? 0 : 1;
        for (int i = from; i < end; i++) {
            odd |= text[i] >>> 7 | NO_TOKEN[text[i] & 127];
        }
        return odd == 0;
    }

    /**
     * Whether a text is of printable ASCII alone, blanks included, as nearly all names and values of fields are. Where it is
     * not, rules look at the characters one by one.
     */
    public static boolean printable(String text) {
        int odd = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            odd |= c - ' ' | '~' - c; // negative where one of the two is
        }
        return odd >= 0;
    }

    private static byte[] noToken() {
        byte[] odd = new byte[128];
        Arrays.fill(odd, (byte) 1);
        for (char c = '!'; c < 127; c++) {
            odd[c] = (byte) ("\"(),/:;<=>?@[\\]{}".indexOf(c) < 0 ? 0 : 1);
        }
        return odd;
    }
}
