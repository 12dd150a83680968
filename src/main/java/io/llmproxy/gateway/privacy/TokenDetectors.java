package io.llmproxy.gateway.privacy;

/** Long tokens that say what they are by how they begin. */
final class TokenDetectors {
    private TokenDetectors() {}

    private static final int MAX_HEADER = 1024;
    private static final int LEAST_PAYLOAD = 10;
    private static final int MAX_PEM_LABEL = 32;
    private static final String BEGIN = "-----BEGIN ";
    private static final String PRIVATE_KEY = "PRIVATE KEY";

    /** A JWT (RFC 7519): two parts in base64url, the first of an object, and what follows them. */
    static int jwt(Window w, int i) {
        int start = starts(w, i, "eyJ");
        if (start < 0) {
            return start;
        }
        int at = start;
        int c = w.peek(at);
        while (isBase64Url(c) && at - i < MAX_HEADER) {
            c = w.peek(++at);
        }
        if (c == Window.MORE) {
            return Window.MORE;
        }
        if (c != '.' || at - start < LEAST_PAYLOAD) {
            return Window.NO;
        }
        for (int n = 0; n < LEAST_PAYLOAD; n++) {
            c = w.peek(++at);
            if (!isBase64Url(c)) {
                return c == Window.MORE ? Window.MORE : Window.NO;
            }
        }
        w.tail = Tail.JWT;
        return at + 1;
    }

    /** A PEM block (RFC 7468) of a private key, by its first line: a block that is cut off is one as well. */
    static int pem(Window w, int i) {
        int label = starts(w, i, BEGIN);
        if (label < 0) {
            return label;
        }
        int at = label;
        int c = w.peek(at);
        while ((Window.isUpper(c) || Window.isDigit(c) || c == ' ') && at - label < MAX_PEM_LABEL) {
            c = w.peek(++at);
        }
        if (c == Window.MORE) {
            return Window.MORE;
        }
        if (new String(w.chars, label, at - label).indexOf(PRIVATE_KEY) < 0) {
            return Window.NO;
        }
        int end = starts(w, at, "-----");
        if (end >= 0) {
            w.tail = Tail.PEM;
        }
        return end;
    }

    /** The index behind {@code text} where it stands there; NO or MORE. */
    static int starts(Window w, int i, String text) {
        for (int n = 0; n < text.length(); n++) {
            int c = w.peek(i + n);
            if (c != text.charAt(n)) {
                return c == Window.MORE ? Window.MORE : Window.NO;
            }
        }
        return i + text.length();
    }

    static boolean isBase64Url(int c) {
        return Window.isWord(c) && c < 128 || c == '-';
    }
}
