package io.llmproxy.gateway;

import java.nio.charset.StandardCharsets;

/** Texts as they may stand in a URI (RFC 3986, section 2.1): what is no letter or digit of ASCII is told by the bytes of its UTF-8. */
public final class PercentEncoding {
    /** What means nothing anywhere in a URI, besides letters and digits. */
    public static final String UNRESERVED = "-._~";

    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private PercentEncoding() {}

    /** @param plain what stays as it is besides letters and digits, of ASCII */
    public static String of(String text, String plain) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean kept = b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z';
            if (kept || b > 0 && plain.indexOf(b) >= 0) {
                out.append((char) b);
            } else {
                out.append('%').append(HEX[b >> 4 & 15]).append(HEX[b & 15]);
            }
        }
        return out.toString();
    }
}
