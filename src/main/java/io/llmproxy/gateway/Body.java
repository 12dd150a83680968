package io.llmproxy.gateway;

import io.llmproxy.gateway.scan.Splice;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A client's body as it came, in memory or on disk. */
public final class Body implements AutoCloseable {
    private final Spool spool;
    private final boolean absent;

    private Body(Spool spool, boolean absent) {
        this.spool = spool;
        this.absent = absent;
    }

    public static Body of(Spool received) {
        return new Body(received, false);
    }

    /** A request without a body. */
    public static Body none() {
        return new Body(Spool.EMPTY, true);
    }

    /** A body of no bytes, which is not the same. */
    public static Body empty() {
        return new Body(Spool.EMPTY, false);
    }

    /** The body with some changes, which do not overlap, and otherwise byte for byte. */
    public RequestBody with(List<Splice> changes) {
        return absent ? RequestBody.NONE : new Spliced(spool, inOrder(changes), length(spool, changes));
    }

    private static List<Splice> inOrder(List<Splice> changes) {
        if (changes.size() < 2) {
            return changes;
        }
        List<Splice> ordered = new ArrayList<>(changes);
        ordered.sort(Comparator.comparingLong(Splice::offset));
        return ordered;
    }

    private static long length(Spool spool, List<Splice> changes) {
        long length = spool.length();
        for (Splice change : changes) {
            length += change.growth();
        }
        return length;
    }

    /** The body as it came, from its first byte; whoever opens it closes it. */
    public InputStream open() throws IOException {
        return spool.open();
    }

    private record Spliced(Spool spool, List<Splice> splices, long length) implements RequestBody {
        @Override
        public void writeTo(OutputStream out) throws IOException {
            long at = 0;
            for (Splice splice : splices) {
                spool.writeTo(out, at, splice.offset());
                splice.writeTo(out);
                at = splice.offset() + splice.removed();
            }
            spool.writeTo(out, at, spool.length());
        }
    }

    /** Gives back memory and deletes what is on disk. */
    @Override
    public void close() {
        spool.close();
    }
}
