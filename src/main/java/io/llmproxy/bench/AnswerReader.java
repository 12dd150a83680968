package io.llmproxy.bench;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.Consumer;

/** Reads the answers of one HTTP/1.1 connection, one after the other, from whatever pieces arrive. */
final class AnswerReader {
    private static final int MAX_LINE = 64 * 1024;

    private enum State {
        STATUS,
        FIELD,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER,
        DONE
    }

    private final Consumer<ByteBuffer> body;
    private final StringBuilder line = new StringBuilder();
    private State state = State.STATUS;
    private int status;
    private long left;
    private boolean chunked;

    /** @param body takes each piece of a body; the buffer is its own only until it returns */
    AnswerReader(Consumer<ByteBuffer> body) {
        this.body = body;
    }

    int status() {
        return status;
    }

    /** Reads up to the end of one answer; true: it is whole, and the next call begins the next one. */
    boolean read(ByteBuffer in) throws IOException {
        if (state == State.DONE) {
            state = State.STATUS;
        }
        while (in.hasRemaining() && state != State.DONE) {
            switch (state) {
                case BODY -> content(in, State.DONE);
                case CHUNK -> content(in, State.CHUNK_END);
                default -> line(in);
            }
        }
        return state == State.DONE;
    }

    /** The connection ended: true where that is the end of an answer without a length. */
    boolean endsHere() {
        return state == State.BODY && left == Long.MAX_VALUE;
    }

    private void content(ByteBuffer in, State next) {
        int count = (int) Math.min(left, in.remaining());
        body.accept(in.slice(in.position(), count));
        in.position(in.position() + count);
        if (left != Long.MAX_VALUE) {
            left -= count;
        }
        if (left == 0) {
            state = next;
        }
    }

    private void line(ByteBuffer in) throws IOException {
        while (in.hasRemaining()) {
            byte b = in.get();
            if (b == '\n') {
                String whole = line.toString().strip();
                line.setLength(0);
                line(whole);
                return;
            }
            line.append((char) (b & 0xff));
            if (line.length() > MAX_LINE) {
                throw new ProtocolException("a line of over " + MAX_LINE + " bytes");
            }
        }
    }

    private void line(String text) throws IOException {
        switch (state) {
            case STATUS -> status(text);
            case FIELD -> field(text);
            case CHUNK_SIZE -> chunk(text);
            case CHUNK_END -> state = State.CHUNK_SIZE;
            case TRAILER -> state = text.isEmpty() ? State.DONE : State.TRAILER;
            case BODY, CHUNK, DONE -> throw new IllegalStateException("no line is due in " + state);
        }
    }

    private void status(String text) throws IOException {
        if (!text.startsWith("HTTP/1.") || text.length() < 12) {
            throw new ProtocolException("no HTTP/1.1 answer begins with `" + text + "`");
        }
        status = number(text.substring(9, 12), 10);
        chunked = false;
        left = Long.MAX_VALUE;
        state = State.FIELD;
    }

    private void field(String text) throws IOException {
        if (text.isEmpty()) {
            headEnds();
            return;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.startsWith("content-length:")) {
            left = number(lower.substring("content-length:".length()).strip(), 10);
        } else if (lower.startsWith("transfer-encoding:")) {
            chunked = lower.endsWith("chunked");
        }
    }

    private void headEnds() {
        boolean empty = left == 0 || status == 204 || status == 304;
        if (status < 200) {
            state = State.STATUS;
        } else if (chunked) {
            state = State.CHUNK_SIZE;
        } else {
            state = empty ? State.DONE : State.BODY;
        }
    }

    private void chunk(String text) throws IOException {
        int semicolon = text.indexOf(';');
        left = number(semicolon < 0 ? text : text.substring(0, semicolon).strip(), 16);
        state = left == 0 ? State.TRAILER : State.CHUNK;
    }

    private static int number(String text, int radix) throws IOException {
        try {
            return Integer.parseUnsignedInt(text, radix);
        } catch (NumberFormatException e) {
            throw new ProtocolException("`" + text + "` is no number");
        }
    }
}
