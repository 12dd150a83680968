package io.llmproxy.adapter.http;

import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A request's body that remembers how its reading went, which decides whether the connection can serve another request. */
final class RequestBodyStream extends InputStream {
    private static final int DRAIN_MAX = 64 * 1024;

    private final long declared;
    private final IntSupplier here;
    private final Supplier<InputStream> source;
    private final BodyPace pace;
    private @Nullable InputStream stream;
    private long count;
    private boolean ended;
    private boolean failed;

    /**
     * @param declared its length; 0: there is none; -1: chunked
     * @param here how many bytes of the connection have come and are not read yet
     * @param source opens it
     */
    RequestBodyStream(long declared, IntSupplier here, Supplier<InputStream> source, BodyPace pace) {
        this.declared = declared;
        this.here = here;
        this.pace = pace;
        this.source = source;
        this.ended = declared == 0;
    }

    /** What came after the body; known when it has been read to its end. */
    HeaderFields trailers() {
        return stream instanceof ChunkedBody chunks ? chunks.trailers() : HeaderFields.NONE;
    }

    boolean begun() {
        return stream != null;
    }

    boolean failed() {
        return failed;
    }

    boolean ended() {
        return ended;
    }

    /** Whether the rest is known to be so short that reading it costs less than a new connection. */
    boolean drainable() {
        return ended || !failed && declared > 0 && declared - count <= DRAIN_MAX;
    }

    /** Reads a short rest; false: the connection's next bytes are not the next request. */
    boolean drain() {
        if (ended) {
            return true;
        }
        byte[] discarded = new byte[8192];
        try {
            for (int total = 0, n = 0; !ended && total <= DRAIN_MAX; total += n) {
                n = Math.max(0, read(discarded, 0, discarded.length));
            }
        } catch (IOException e) {
            return false;
        }
        return ended;
    }

    /** How much of a body of known length is here; of others nobody can tell without a look. */
    @Override
    public int available() {
        return (int) Math.min(here.getAsInt(), Math.max(0, declared - count));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (ended || length == 0) {
            return ended ? -1 : 0;
        }
        if (failed) {
            throw new IOException("The request's body could not be read to its end.");
        }
        try {
            return readChecked(into, offset, length);
        } catch (IOException | RuntimeException e) {
            // whatever it is, a malformed chunk or a lost connection: the place in the byte stream is lost
            failed = true;
            throw pace.givenUp()
                    ? new InterruptedIOException("The request's body came too slowly.")
                    : new IOException("The request's body is malformed or was cut off.", e);
        }
    }

    private int readChecked(byte[] into, int offset, int length) throws IOException {
        InputStream in = stream;
        if (in == null) {
            pace.start();
            in = source.get();
            stream = in;
        }
        int n = timed(in, into, offset, length);
        count += Math.max(0, n);
        ended = n < 0 || count == declared;
        return n;
    }

    private int timed(InputStream in, byte[] into, int offset, int length) throws IOException {
        int n = 0;
        if (available() > 0) { // most bodies have come with their heads
            n = in.read(into, offset, length);
            pace.here(n);
            return n;
        }
        pace.begin();
        try {
            n = in.read(into, offset, length);
            return n;
        } finally {
            pace.end(n);
        }
    }

    /** Discards what the client still sends, until it ends. */
    void discard() {
        byte[] discarded = new byte[16 * 1024];
        try {
            int n = 0;
            while (n >= 0) {
                n = read(discarded, 0, discarded.length);
            }
        } catch (IOException e) {
            // the client has gone or was cut: what was to be avoided cannot be any more
        }
    }
}
