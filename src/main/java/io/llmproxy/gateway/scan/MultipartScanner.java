package io.llmproxy.gateway.scan;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds one field of a multipart body (RFC 2046, section 5.1; RFC 7578) while the body streams by, whatever pieces it comes in.
 * Nothing is kept but the header of one part. A delimiter begins with CR, which no boundary holds, so after a mismatch a match
 * can begin only at the byte at hand and nothing has to be read again.
 */
public final class MultipartScanner {
    private static final int MAX_HEADER = 16 * 1024;

    private enum State {
        CONTENT,
        DELIMITED,
        DASH,
        PADDING,
        PADDING_CR,
        HEADER,
        EPILOGUE
    }

    private final byte[] delimiter;
    private final String field;
    private final ByteArrayOutputStream header = new ByteArrayOutputStream();
    private State state = State.CONTENT;
    private int lastFour;
    private int matched = 2;
    private long offset;
    private long delimiterStart;
    private long partStart = -1;
    private boolean wanted;
    private int found;
    private References references = References.NONE;
    private long valueStart = -1;
    private long valueEnd = -1;

    /** @param field the name of the form field that is looked for */
    public MultipartScanner(String boundary, String field) {
        this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
        this.field = field;
    }

    /** The boundary of a Content-Type; @throws MalformedException where there is none, or none that RFC 2046 allows */
    public static String boundary(String contentType) {
        String value = MediaParameters.find(contentType, "boundary");
        boolean fits = value != null
                && !value.isEmpty()
                && value.length() <= 70
                && !value.endsWith(" ")
                && value.chars().allMatch(c -> c >= ' ' && c < 127);
        if (value == null || !fits) {
            throw new MalformedException("the multipart Content-Type has no valid boundary", 0);
        }
        return value;
    }

    public void feed(byte[] in, int from, int length) {
        for (int i = from; i < from + length; i++) {
            accept(in[i]);
            offset++;
        }
    }

    /** The body is over; @throws MalformedException where it breaks off before its last delimiter */
    public void finish() {
        boolean closed = state == State.EPILOGUE;
        if (!closed) {
            throw new MalformedException("the multipart body has no closing boundary", offset);
        }
    }

    private void accept(byte b) {
        switch (state) {
            case CONTENT -> content(b);
            case DELIMITED -> delimited(b);
            case DASH -> {
                if (b == '-') {
                    endPart();
                    state = State.EPILOGUE;
                } else {
                    notDelimiter(b);
                }
            }
            case PADDING -> padding(b);
            case PADDING_CR -> {
                if (b == '\n') {
                    endPart();
                    beginHeader();
                } else {
                    notDelimiter(b);
                }
            }
            case HEADER -> header(b);
            case EPILOGUE -> {}
        }
    }

    private void content(byte b) {
        if (b == delimiter[matched]) {
            if (matched == 0) {
                delimiterStart = offset;
            }
            if (++matched == delimiter.length) {
                state = State.DELIMITED;
            }
        } else {
            matched = 0;
            if (b == '\r') {
                delimiterStart = offset;
                matched = 1;
            }
        }
    }

    private void delimited(byte b) {
        if (b == '-') {
            state = State.DASH;
        } else {
            padding(b);
        }
    }

    private void padding(byte b) {
        if (b == '\r') {
            state = State.PADDING_CR;
        } else if (b == ' ' || b == '\t') {
            state = State.PADDING;
        } else {
            notDelimiter(b);
        }
    }

    /** The boundary followed by something else is content, as every reader of the field has it. */
    private void notDelimiter(byte b) {
        // a CR seen as the end of padding may itself begin a delimiter
        boolean afterCr = state == State.PADDING_CR;
        state = State.CONTENT;
        matched = 0;
        if (afterCr) {
            delimiterStart = offset - 1;
            matched = 1;
        }
        content(b);
    }

    private void beginHeader() {
        header.reset();
        lastFour = 0;
        state = State.HEADER;
    }

    private void header(byte b) {
        header.write(b);
        lastFour = lastFour << 8 | b & 255;
        if (header.size() > MAX_HEADER) {
            throw new MalformedException("the header of a part is larger than " + MAX_HEADER + " bytes", offset);
        }
        if (b == '\n' && headerEnds()) {
            beginPart(header.toString(StandardCharsets.UTF_8));
        }
    }

    /** An empty line ends it; it is the first where the part has no header at all. */
    private boolean headerEnds() {
        return lastFour == 0x0D0A0D0A || header.size() == 2 && (lastFour & 0xFFFF) == 0x0D0A;
    }

    private void beginPart(String lines) {
        wanted = false;
        for (String line : lines.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            boolean folded = line.startsWith(" ") || line.startsWith("\t");
            if (!line.isEmpty() && !folded && colon < 1) {
                throw new MalformedException("the header of a part has a line without a name", offset);
            }
            if (colon > 0 && line.substring(0, colon).toLowerCase(Locale.ROOT).equals("content-disposition")) {
                String value = line.substring(colon + 1);
                String name = MediaParameters.find(value, "name");
                wanted = field.equals(name) && MediaParameters.find(value, "filename") == null;
                if (name != null && ReferenceScan.names(name)) {
                    references = References.inField(name);
                }
            }
        }
        partStart = offset + 1;
        state = State.CONTENT;
        // the delimiter's CRLF may be the header's own where the part is empty
        matched = 2;
        delimiterStart = offset + 1;
    }

    private void endPart() {
        if (partStart >= 0 && wanted) {
            found++;
            valueStart = partStart;
            valueEnd = Math.max(partStart, delimiterStart);
        }
        wanted = false;
    }

    /** Whether a field names stored objects, whose ids are not read. */
    public References references() {
        return references;
    }

    /** How often the field was there. */
    public int found() {
        return found;
    }

    /** Offset of the field's value; -1: the field is not there. */
    public long valueStart() {
        return valueStart;
    }

    public long valueEnd() {
        return valueEnd;
    }

    /** Parameters of a header field's value, {@code ; name="value"}. */
    static final class MediaParameters {
        private MediaParameters() {}

        static @Nullable String find(String value, String name) {
            int i = value.indexOf(';');
            while (i >= 0 && i < value.length()) {
                int equals = value.indexOf('=', i);
                if (equals < 0) {
                    return null;
                }
                String key = value.substring(i + 1, equals).strip();
                StringBuilder text = new StringBuilder();
                i = parameter(value, equals + 1, text);
                if (key.equalsIgnoreCase(name)) {
                    return text.toString();
                }
            }
            return null;
        }

        /** Reads one value, quoted or not, into {@code text}; the offset of the semicolon behind it. */
        private static int parameter(String value, int from, StringBuilder text) {
            int i = from;
            while (i < value.length() && value.charAt(i) == ' ') {
                i++;
            }
            if (i >= value.length() || value.charAt(i) != '"') {
                int end = value.indexOf(';', i);
                text.append(value.substring(i, end < 0 ? value.length() : end).strip());
                return end;
            }
            for (i++; i < value.length() && value.charAt(i) != '"'; i++) {
                boolean escape = value.charAt(i) == '\\'
                        && i + 1 < value.length()
                        && (value.charAt(i + 1) == '"' || value.charAt(i + 1) == '\\');
                text.append(value.charAt(escape ? ++i : i));
            }
            return value.indexOf(';', i);
        }
    }
}
