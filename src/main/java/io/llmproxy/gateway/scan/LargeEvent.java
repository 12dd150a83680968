package io.llmproxy.gateway.scan;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * One event that is too large to be kept until it is complete: takes {@code "usage":null} out of it as it passes, as {@link UsageCuts}
 * does where it has all of it. What may still turn out to be that member is held back, {@value #MOST_HELD} bytes at most; all else goes
 * on at once. What comes later cannot be known: where a provider says null first and then something, or what is no JSON, the
 * null is out by then.
 */
final class LargeEvent {
    /** More is white space without end. */
    private static final int MOST_HELD = 16 * 1024;

    private static final byte[] DATA = ascii("data:");
    private static final byte[] USAGE = ascii("usage\"");
    private static final byte[] NULL = ascii("null");

    /** What a line's next byte belongs to. */
    private enum Line {
        NAME,
        SPACE,
        JSON,
        OTHER
    }

    /** What the next byte of the outermost object belongs to. */
    private enum Member {
        BEFORE,
        NAME,
        COLON,
        VALUE,
        BEHIND_NULL,
        OTHER,
        /** As the first member was taken out, the comma behind it goes too, and the white space around that. */
        BEFORE_COMMA,
        BEHIND_COMMA
    }

    private final UsageFilter.Output output;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    /** Of what is held that which stays in any case, since it makes lines. */
    private final ByteArrayOutputStream heldOfLines = new ByteArrayOutputStream();

    private boolean holding;

    private Line line = Line.NAME;
    private Member member = Member.BEFORE;
    /** How much of the name that is compared, of the line or of the member, or of its value, was met. */
    private int lineMatched;

    private int matched;
    private int depth;
    private boolean text;
    private boolean escaped;
    /** Whether a member before went on, so that a comma stands before the next. */
    private boolean kept;

    LargeEvent(UsageFilter.Output output) {
        this.output = output;
    }

    /** The event's next bytes. */
    void feed(byte[] bytes, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            next(bytes[i]);
        }
        write();
    }

    /** The event is over, or the stream is. */
    void end() throws IOException {
        release();
        write();
    }

    private void write() throws IOException {
        if (out.size() > 0) {
            output.write(out.toByteArray(), 0, out.size());
            out.reset();
        }
    }

    private void next(byte b) {
        if (b == '\n' || b == '\r') {
            line = Line.NAME;
            lineMatched = 0;
            ofLine(b);
        } else if (line == Line.JSON) {
            json(b);
        } else if (line == Line.SPACE) {
            line = Line.JSON;
            if (b == ' ') {
                ofLine(b);
            } else {
                json(b);
            }
        } else {
            if (line == Line.NAME) {
                boolean met = b == DATA[lineMatched++];
                line = !met ? Line.OTHER : lineMatched == DATA.length ? Line.SPACE : Line.NAME;
            }
            ofLine(b);
        }
    }

    private void ofLine(byte b) {
        if (holding) {
            heldOfLines.write(b);
        }
        put(b);
    }

    private void json(byte b) {
        if (text) {
            text = escaped || b != '"';
            escaped = !escaped && b == '\\';
            put(b);
        } else if (depth == 1) {
            member(b);
        } else {
            value(b);
        }
    }

    private void value(byte b) {
        depth += b == '{' || b == '[' ? 1 : b == '}' || b == ']' ? -1 : 0;
        text = b == '"';
        put(b);
    }

    private void member(byte b) {
        switch (member) {
            case BEFORE -> before(b);
            case NAME -> name(b);
            case COLON -> {
                if (b == ':') {
                    member = Member.VALUE;
                    matched = 0;
                    put(b);
                } else {
                    spaceOrOther(b);
                }
            }
            case VALUE -> {
                if (b == NULL[matched]) {
                    member = ++matched == NULL.length ? Member.BEHIND_NULL : Member.VALUE;
                    put(b);
                } else if (matched == 0) {
                    spaceOrOther(b);
                } else {
                    other(b);
                }
            }
            case BEHIND_NULL -> behindNull(b);
            case OTHER -> other(b);
            case BEFORE_COMMA -> beforeComma(b);
            case BEHIND_COMMA -> {
                if (!space(b)) {
                    member = Member.BEFORE;
                    before(b);
                }
            }
        }
    }

    private void before(byte b) {
        if (b == '"') {
            holding = true;
            put(b);
            member = Member.NAME;
            matched = 0;
        } else {
            spaceOrOther(b);
        }
    }

    private void name(byte b) {
        put(b);
        if (b != USAGE[matched]) {
            release();
            text = b != '"';
            escaped = b == '\\';
            member = Member.OTHER;
        } else if (++matched == USAGE.length) {
            member = Member.COLON;
        }
    }

    private void behindNull(byte b) {
        if (!space(b) && b != ',' && b != '}') {
            other(b);
            return;
        }
        takeOut();
        if (kept) {
            other(b);
        } else {
            holding = true;
            member = Member.BEFORE_COMMA;
            beforeComma(b);
        }
    }

    private void beforeComma(byte b) {
        if (b == ',') {
            takeOut();
            member = Member.BEHIND_COMMA;
        } else {
            spaceOrOther(b);
        }
    }

    private void spaceOrOther(byte b) {
        if (space(b)) {
            put(b);
        } else {
            other(b);
        }
    }

    /** Of a member that goes on; what stands behind it may go with the next. */
    private void other(byte b) {
        member = Member.OTHER;
        if (space(b)) {
            holding = true;
            put(b);
        } else if (b == ',') {
            holding = true;
            kept = true;
            member = Member.BEFORE;
            put(b);
        } else {
            release();
            value(b);
        }
    }

    private void put(byte b) {
        (holding ? held : out).write(b);
        if (held.size() > MOST_HELD && member != Member.NAME) {
            release();
            member = Member.OTHER;
        }
    }

    private void release() {
        out.writeBytes(held.toByteArray());
        forget();
    }

    private void takeOut() {
        out.writeBytes(heldOfLines.toByteArray());
        forget();
    }

    private void forget() {
        held.reset();
        heldOfLines.reset();
        holding = false;
    }

    private static boolean space(byte b) {
        return b == ' ' || b == '\t';
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
