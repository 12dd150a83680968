package io.llmproxy.adapter.http;

import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;
import org.jspecify.annotations.Nullable;

/**
 * What the field section of a request must look like (RFC 9110, section 5; RFC 9112, sections 3.2, 5 and 6). A request that
 * fails here ends its connection: where its body ends is not certain.
 */
final class HeadRules {
    static final String ONLY_CHUNKED = "The request's only transfer coding may be `chunked`.";

    private static final int MAX_HOST = 300;
    private static final int MAX_PORT = ":65535".length();
    private static final String HOST_PUNCTUATION = "-._~:[]%!$&'()*+,;=";

    private HeadRules() {}

    /**
     * Why the head is refused, or null where it is fine. Names no value: it may be a credential.
     *
     * @param http10 whether it is a request of HTTP/1.0, which need not name a host and cannot be chunked
     */
    static @Nullable String refusal(HeaderFields headers, boolean http10) {
        String fields = fieldsRefusal(headers);
        return fields != null ? fields : framingRefusal(headers, http10);
    }

    /** The same, of fields whose names and values are known to be well-formed. */
    static @Nullable String framingRefusal(HeaderFields headers, boolean http10) {
        int hosts = headers.count("Host");
        boolean hostFine = hosts == 1 ? host(headers.first("Host").orElse("")) : hosts == 0 && http10;
        if (!hostFine) {
            return "The request must have exactly one valid Host field.";
        }
        if (http10 && headers.contains("Transfer-Encoding")) {
            return "A request in HTTP/1.0 must not have a Transfer-Encoding.";
        }
        return framingRefusal(headers);
    }

    /** Whether the last transfer coding is `chunked`, so that the body has an end, and there are others (RFC 9112, section 6.1: 501). */
    static boolean unknownCoding(HeaderFields headers) {
        String coding = headers.first("Transfer-Encoding").orElse("");
        int comma = coding.lastIndexOf(',');
        return comma >= 0 && coding.substring(comma + 1).strip().equalsIgnoreCase("chunked");
    }

    /** Whether {@code value} is free of control characters, a tab aside, and of what is no byte. */
    static boolean value(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x20 && c != '\t' || c == 0x7F || c > 0xFF) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String fieldsRefusal(HeaderFields headers) {
        for (int i = 0; i < headers.size(); i++) {
            String refusal = headers.plain(i) ? null : refusal(headers.name(i), headers.value(i));
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    /** Why a field is refused, or null where it is fine. */
    static @Nullable String refusal(String name, String value) {
        if (!FieldText.token(name)) {
            return "A header field's name is malformed.";
        }
        return value(value) ? null : "The header field `" + name + "` holds a control character.";
    }

    private static @Nullable String framingRefusal(HeaderFields headers) {
        int lengths = headers.count("Content-Length");
        if (lengths > 1
                || lengths == 1 && !length(headers.first("Content-Length").orElse(""))) {
            return "The request must have at most one Content-Length, a plain decimal number.";
        }
        int codings = headers.count("Transfer-Encoding");
        if (codings > 1
                || codings == 1
                        && !headers.first("Transfer-Encoding").orElse("").equalsIgnoreCase("chunked")) {
            return ONLY_CHUNKED;
        }
        return lengths > 0 && codings > 0 ? "Content-Length and Transfer-Encoding must not be combined." : null;
    }

    private static boolean length(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') {
                return false;
            }
        }
        return !value.isEmpty() && value.length() <= 18;
    }

    /** Whether {@code value} is a host and perhaps a port (RFC 9110, section 7.2). */
    static boolean host(String value) {
        int bracket = value.startsWith("[") ? value.indexOf(']') : 0;
        int colon = value.indexOf(':', Math.max(0, bracket));
        int end = colon < 0 ? value.length() : colon;
        return bracket >= 0
                && end > 0
                && value.length() <= MAX_HOST
                && (bracket == 0 || end == bracket + 1)
                && all(value, 0, end, HOST_PUNCTUATION)
                && value.length() - end <= MAX_PORT
                && all(value, Math.min(end + 1, value.length()), value.length(), "");
    }

    private static boolean all(String text, int from, int to, String punctuation) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            boolean legal =
                    punctuation.isEmpty() ? c >= '0' && c <= '9' : alphanumeric(c) || punctuation.indexOf(c) >= 0;
            if (!legal) {
                return false;
            }
        }
        return true;
    }

    private static boolean alphanumeric(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
