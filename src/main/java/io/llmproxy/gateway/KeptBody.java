package io.llmproxy.gateway;

import io.llmproxy.port.RequestBody;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** A body that the gateway made, whole: in the heap where it is small, else as a {@link Spool} has it. */
public final class KeptBody implements RequestBody, AutoCloseable {
    private static final byte[] NONE = {};

    private final byte[] small;
    private final Spool large;
    private final long length;

    private KeptBody(byte[] small, Spool large, long length) {
        this.small = small;
        this.large = large;
        this.length = length;
    }

    /** In the heap, whatever its size. */
    public static KeptBody inHeap(byte[] bytes) {
        return new KeptBody(bytes, Spool.EMPTY, bytes.length);
    }

    static KeptBody of(byte[] bytes, BodyRoom room) {
        if (bytes.length <= Spool.PIECE) {
            return inHeap(bytes);
        }
        Spool spool = new Spool(room.directory(), room.memory(), bytes.length);
        try {
            InputStream in = new ByteArrayInputStream(bytes);
            while (spool.readFrom(in, Spool.Tap.DEAF)) {
                // a piece at a time
            }
            return new KeptBody(NONE, spool, bytes.length);
        } catch (IOException e) {
            spool.close();
            throw new UncheckedIOException("keeping a translated body failed", e);
        } catch (UncheckedIOException e) {
            spool.close();
            throw e;
        }
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        if (small.length > 0) {
            out.write(small);
        } else {
            large.writeTo(out, List.of());
        }
    }

    /** From its first byte. */
    public InputStream open() throws IOException {
        return small.length > 0 || length == 0 ? new ByteArrayInputStream(small) : large.open();
    }

    /** Gives back memory and deletes what is on disk; it can not be read after. */
    @Override
    public void close() {
        if (length > small.length) {
            large.close();
        }
    }
}
