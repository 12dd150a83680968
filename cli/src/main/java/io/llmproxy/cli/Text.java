package io.llmproxy.cli;

/** Text as a terminal shows it. */
final class Text {
    private Text() {}

    /** Without what could steer a terminal: names and models come from strangers. */
    static String printable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (steers(text.charAt(i))) {
                return cleaned(text);
            }
        }
        return text;
    }

    private static String cleaned(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c == '\n' || c == '\t' ? ' ' : steers(c) ? '?' : c);
        }
        return out.toString();
    }

    private static boolean steers(char c) {
        boolean control = c < ' ' || c >= 0x7f && c < 0xa0;
        boolean direction = c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x2028 || c == 0x2029;
        return control || direction;
    }

    /** How many columns the text takes. */
    static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            width += width(c);
            i += Character.charCount(c);
        }
        return width;
    }

    private static int width(int c) {
        if (c < 0x300) {
            return 1;
        }
        int type = Character.getType(c);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        boolean wide = c >= 0x1100 && c <= 0x115f
                || c >= 0x2e80 && c <= 0xa4cf
                || c >= 0xac00 && c <= 0xd7a3
                || c >= 0xf900 && c <= 0xfaff
                || c >= 0xfe30 && c <= 0xfe6f
                || c >= 0xff00 && c <= 0xff60
                || c >= 0x1f300 && c <= 0x1faff
                || c >= 0x20000 && c <= 0x3fffd;
        return wide ? 2 : 1;
    }

    /** At most {@code columns} wide, with an ellipsis where something was cut. */
    static String shortened(String text, int columns) {
        if (width(text) <= columns) {
            return text;
        }
        int width = 0;
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (width + width(c) > columns - 1) {
                break;
            }
            width += width(c);
            i += Character.charCount(c);
        }
        return text.substring(0, i) + "…";
    }

    /** {@code allowedModels} as {@code allowed models}. */
    static String words(String camelCase) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < camelCase.length(); i++) {
            char c = camelCase.charAt(i);
            if (Character.isUpperCase(c)) {
                out.append(' ');
            }
            out.append(Character.toLowerCase(c));
        }
        return out.toString();
    }
}
