package io.llmproxy.adapter.http;

import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the heads of requests (RFC 9112, sections 2, 3 and 5). Strict where two readings are possible: lines end in CR LF, no
 * field is folded, no blank stands before a colon. Values may hold any byte above 127 (RFC 9110, section 5.5). A head is at
 * most 64 KB and 200 fields long. Of the connection's thread alone.
 */
final class HeadReader {
    private static final int MAX_LINE = 16 * 1024;
    private static final int MAX_HEAD = 64 * 1024;
    private static final int MAX_FIELDS = 200;
    private static final byte[] VERSION = {'H', 'T', 'T', 'P', '/', '1', '.'};

    private final ClientBytes bytes;
    private final RequestClock clock;
    // of the head that is read: so much a refusal knows of it
    private String method = "";
    private String target = "";
    private HeaderFields fields = HeaderFields.NONE;

    HeadReader(ClientBytes bytes, RequestClock clock) {
        this.bytes = bytes;
        this.clock = clock;
    }

    /**
     * The next head, waiting for it. Null where the client leaves before it is complete: there is nobody to answer.
     *
     * @throws HeadFault where it is refused; the connection must be closed
     */
    @Nullable
    Http1Head read() {
        method = "";
        target = "";
        fields = HeaderFields.NONE;
        int end = lineEnd(0);
        if (end == 0) {
            // one empty line may stand before a request (RFC 9112, section 2.2)
            bytes.skip(2);
            end = lineEnd(0);
        }
        if (end < 0) {
            return null;
        }
        boolean http10 = requestLine(end);
        int start = end + 2;
        fields = new HeaderFields();
        for (end = lineEnd(start); end > start; end = lineEnd(start)) {
            field(start, end);
            start = end + 2;
        }
        if (end < 0) {
            return null;
        }
        bytes.skip(end + 2);
        return new Http1Head(method, target, http10, fields);
    }

    /** The method of the head that was refused, if its reading came so far; else empty, as the next. */
    String method() {
        return method;
    }

    String target() {
        return target;
    }

    HeaderFields fields() {
        return fields;
    }

    /** Where the line's CR LF stands that begins at {@code start}, counted from the first byte of the head; -1: the client has left. */
    private int lineEnd(int start) {
        int scanned = start;
        while (true) {
            byte[] array = bytes.array();
            int from = bytes.from();
            int end = from + bytes.available();
            for (int i = from + scanned; i < end; i++) {
                if (array[i] == '\n') {
                    int line = i - from;
                    bound(start, line);
                    if (line == start || array[i - 1] != '\r') {
                        throw malformed();
                    }
                    return line - 1;
                }
            }
            scanned = end - from;
            bound(start, scanned);
            if (!bytes.more()) {
                return -1;
            }
            clock.received();
        }
    }

    private static void bound(int start, int size) {
        if (start == 0 && size > MAX_LINE) {
            throw new HeadFault(new ProxyError.UnreadableHead(414, "The request line is too long."));
        }
        if (size > MAX_HEAD) {
            throw tooLarge();
        }
    }

    /** Whether it is HTTP/1.0. */
    private boolean requestLine(int length) {
        byte[] array = bytes.array();
        int from = bytes.from();
        int end = from + length;
        int version = end - VERSION.length - 1;
        int first = indexOf(array, from, end, (byte) ' ');
        boolean parts = first > from && first < version - 2 && array[version - 1] == ' ';
        if (!parts || !FieldText.token(array, from, first) || !visible(array, first + 1, version - 1)) {
            throw malformed();
        }
        method = text(array, from, first);
        target = text(array, first + 1, version - 1);
        for (int i = 0; i < VERSION.length; i++) {
            if (array[version + i] != VERSION[i]) {
                throw malformed();
            }
        }
        byte minor = array[end - 1];
        if (minor != '0' && minor != '1') {
            throw malformed();
        }
        return minor == '0';
    }

    private void field(int start, int end) {
        if (fields.size() == MAX_FIELDS) {
            throw tooLarge();
        }
        byte[] array = bytes.array();
        int from = bytes.from() + start;
        int to = bytes.from() + end;
        int colon = indexOf(array, from, to, (byte) ':');
        if (colon < 0) {
            throw malformed();
        }
        String name = text(array, from, colon);
        int first = colon + 1;
        while (first < to && blank(array[first])) {
            first++;
        }
        while (to > first && blank(array[to - 1])) {
            to--;
        }
        String value = text(array, first, to);
        if (HeaderFields.plain(name, value)) {
            fields.addPlain(name, value);
        } else {
            String refusal = HeadRules.refusal(name, value);
            if (refusal != null) {
                throw invalid(refusal);
            }
            fields.add(name, value);
        }
    }

    private static boolean blank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static int indexOf(byte[] array, int from, int end, byte wanted) {
        for (int i = from; i < end; i++) {
            if (array[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    /** A target may hold bytes above 127, which the rules for paths refuse by their own words. */
    private static boolean visible(byte[] array, int from, int end) {
        for (int i = from; i < end; i++) {
            if (array[i] >= 0 && array[i] <= 0x20 || array[i] == 0x7F) {
                return false;
            }
        }
        return true;
    }

    private static String text(byte[] array, int from, int end) {
        return new String(array, from, end - from, StandardCharsets.ISO_8859_1);
    }

    private static HeadFault malformed() {
        return invalid("The request is no well-formed HTTP/1.1 request.");
    }

    private static HeadFault tooLarge() {
        return new HeadFault(new ProxyError.UnreadableHead(431, "The request's head is too large."));
    }

    private static HeadFault invalid(String message) {
        return new HeadFault(new ProxyError.InvalidRequest(message, null));
    }
}
