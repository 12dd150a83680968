package io.llmproxy.gateway.scan;

import io.llmproxy.domain.usage.TokenUsage;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Listens to a gzip (RFC 1952) or deflate (RFC 1950, or bare RFC 1951) body while its coded bytes go on unchanged. */
final class InflatingTap implements UsageTap {
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int BUFFER = 4 * 1024;

    private enum State {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEADER_CRC,
        DEFLATED,
        OVER
    }

    private final UsageTap plain;
    private final boolean gzip;
    private byte[] out = {};
    private @Nullable Inflater inflater;
    private State state;
    private int count;
    private int flags;
    private int extra;

    InflatingTap(UsageTap plain, boolean gzip) {
        this.plain = plain;
        this.gzip = gzip;
        this.state = gzip ? State.FIXED : State.DEFLATED;
    }

    @Override
    public TokenUsage usage() {
        if (inflater != null) {
            inflater.end();
        }
        state = State.OVER;
        return plain.usage();
    }

    @Override
    public DeliveredText text() {
        return plain.text();
    }

    @Override
    public boolean done() {
        return plain.done();
    }

    @Override
    public void feed(byte[] in, int from, int length) {
        int i = from;
        int to = from + length;
        while (i < to && state != State.DEFLATED && state != State.OVER) {
            header(in[i++] & 255);
        }
        if (i < to && state == State.DEFLATED) {
            inflate(in, i, to - i);
        }
    }

    private void header(int b) {
        switch (state) {
            case FIXED -> fixed(b);
            case EXTRA_LENGTH -> {
                extra |= b << 8 * count;
                if (++count == 2) {
                    count = 0;
                    state = extra == 0 ? afterExtra() : State.EXTRA;
                }
            }
            case EXTRA -> {
                if (++count == extra) {
                    state = afterExtra();
                }
            }
            case NAME -> state = b == 0 ? afterName() : state;
            case COMMENT -> state = b == 0 ? afterComment() : state;
            case HEADER_CRC -> state = ++count == 2 ? State.DEFLATED : state;
            case DEFLATED, OVER -> {}
        }
    }

    private void fixed(int b) {
        if (count == 3) {
            flags = b;
        }
        boolean wrong = count == 0 && b != 0x1F || count == 1 && b != 0x8B || count == 2 && b != 8;
        if (wrong) {
            state = State.OVER;
        } else if (++count == 10) {
            count = 0;
            state = (flags & EXTRA) != 0 ? State.EXTRA_LENGTH : afterExtra();
        }
    }

    private State afterExtra() {
        return (flags & NAME) != 0 ? State.NAME : afterName();
    }

    private State afterName() {
        return (flags & COMMENT) != 0 ? State.COMMENT : afterComment();
    }

    private State afterComment() {
        count = 0;
        return (flags & HEADER_CRC) != 0 ? State.HEADER_CRC : State.DEFLATED;
    }

    private void inflate(byte[] in, int from, int length) {
        Inflater inflating = inflater;
        if (inflating == null) {
            // the first byte of a zlib header names method 8; bare deflate data all but never looks so
            boolean zlib = !gzip && (in[from] & 0x0F) == 8;
            inflating = new Inflater(!zlib);
            inflater = inflating;
            out = new byte[BUFFER];
        }
        inflating.setInput(in, from, length);
        try {
            int n;
            do {
                n = inflating.inflate(out);
                plain.feed(out, 0, n);
            } while (n > 0);
        } catch (DataFormatException e) {
            state = State.OVER;
        }
        if (inflating.finished() || inflating.needsDictionary()) {
            state = State.OVER;
        }
    }
}
