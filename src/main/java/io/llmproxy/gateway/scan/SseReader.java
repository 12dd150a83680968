package io.llmproxy.gateway.scan;

/**
 * Splits an event stream (WHATWG HTML, section 9.2) into its events while it streams by: lines end with LF, CRLF or CR, and
 * pieces may end anywhere, inside a character too. Nothing is kept, whatever the size of an event.
 */
public final class SseReader {
    /** Told what was found, in order. */
    public interface Listener {
        /** A piece of an event's data; lines of data are joined by a line feed. */
        void data(byte[] in, int from, int length);

        /** An event is complete; the bytes before {@code next} in the piece at hand belong to it or to earlier ones. */
        void eventEnd(int next);
    }

    private static final byte[] DATA = {'d', 'a', 't', 'a'};
    private static final byte[] LINE_FEED = {'\n'};

    private enum State {
        NAME,
        AFTER_COLON,
        VALUE,
        IGNORED
    }

    private final Listener listener;
    private State state = State.NAME;
    private int nameLength;
    private boolean nameIsData = true;
    private boolean hasData;
    private boolean afterCr;

    public SseReader(Listener listener) {
        this.listener = listener;
    }

    public void feed(byte[] in, int from, int length) {
        int to = from + length;
        int i = from;
        while (i < to) {
            byte b = in[i];
            if (b == '\n' && afterCr) {
                afterCr = false;
                i++;
            } else if (b == '\n' || b == '\r') {
                afterCr = b == '\r';
                i = lineEnd(in, i + 1, to);
            } else {
                afterCr = false;
                i = inLine(in, i, to);
            }
        }
    }

    /** @return where to go on: behind the line feed of a CRLF that ends an event, if it has come */
    private int lineEnd(byte[] in, int next, int to) {
        boolean blank = state == State.NAME && nameLength == 0;
        if (state == State.NAME && nameIsData && nameLength == DATA.length) {
            beginData();
        }
        state = State.NAME;
        nameLength = 0;
        nameIsData = true;
        if (!blank) {
            return next;
        }
        boolean feedFollows = afterCr && next < to && in[next] == '\n';
        int end = feedFollows ? next + 1 : next;
        afterCr &= !feedFollows;
        hasData = false;
        listener.eventEnd(end);
        return end;
    }

    private int inLine(byte[] in, int i, int to) {
        return switch (state) {
            case NAME -> {
                name(in[i]);
                yield i + 1;
            }
            case AFTER_COLON -> {
                state = State.VALUE;
                yield in[i] == ' ' ? i + 1 : i;
            }
            case VALUE -> {
                int end = ByteSearch.lineEnd(in, i, to);
                listener.data(in, i, end - i);
                yield end;
            }
            case IGNORED -> ByteSearch.lineEnd(in, i, to);
        };
    }

    private void name(byte b) {
        if (b != ':') {
            nameIsData &= nameLength < DATA.length && b == DATA[nameLength];
            nameLength++;
        } else if (nameIsData && nameLength == DATA.length) {
            beginData();
            state = State.AFTER_COLON;
        } else {
            state = State.IGNORED;
        }
    }

    private void beginData() {
        if (hasData) {
            listener.data(LINE_FEED, 0, 1);
        }
        hasData = true;
    }
}
