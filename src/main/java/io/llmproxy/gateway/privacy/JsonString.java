package io.llmproxy.gateway.privacy;

/** The inside of a JSON string, read from and written to bytes that a strict scan has found well-formed. */
final class JsonString {
    private JsonString() {}

    /** The text of the bytes between the quotation marks, escapes resolved. */
    static String decode(byte[] in, int from, int to) {
        StringBuilder out = new StringBuilder(to - from);
        int at = from;
        while (at < to) {
            byte b = in[at];
            if (b >= 0 && b != '\\') {
                out.append((char) b);
                at++;
                continue;
            }
            int length = length(in, at);
            if (b == '\\') {
                out.append(escaped(in, at));
            } else {
                out.appendCodePoint(codePoint(in, at, length));
            }
            at += length;
        }
        return out.toString();
    }

    /**
     * How many bytes stand for one character, or for a pair of surrogates that is written as such.
     *
     * @param at where such a sequence begins
     */
    static int length(byte[] in, int at) {
        byte b = in[at];
        if (b == '\\') {
            return in[at + 1] == 'u' ? 6 : 2;
        }
        return b >= 0 ? 1 : b >= (byte) 0xF0 ? 4 : b >= (byte) 0xE0 ? 3 : 2;
    }

    /** How many characters such a sequence is. */
    static int characters(byte[] in, int at) {
        return in[at] != '\\' && length(in, at) == 4 ? 2 : 1;
    }

    private static int codePoint(byte[] in, int at, int length) {
        int value = in[at] & (0xFF >> (length + 1));
        for (int i = 1; i < length; i++) {
            value = value << 6 | in[at + i] & 0x3F;
        }
        return value;
    }

    private static char escaped(byte[] in, int at) {
        return switch (in[at + 1]) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int value = 0;
                for (int i = 2; i < 6; i++) {
                    value = value << 4 | Character.digit(in[at + i], 16);
                }
                yield (char) value;
            }
            default -> (char) in[at + 1];
        };
    }
}
