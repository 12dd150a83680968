package io.llmproxy.gateway;

import io.llmproxy.gateway.scan.Splice;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's body as it came, in memory or on disk. */
public final class Body implements AutoCloseable {
    private final Spool spool;
    private final boolean absent;
    private final @Nullable Coded coded;

    /** As it came, where that was in a content coding. */
    private record Coded(String coding, Spool spool) {}

    private Body(Spool spool, boolean absent, @Nullable Coded coded) {
        this.spool = spool;
        this.absent = absent;
        this.coded = coded;
    }

    public static Body of(Spool received) {
        return new Body(received, false, null);
    }

    /** A body that came in a content coding. */
    public static Body of(Spool decoded, String coding, Spool received) {
        return new Body(decoded, false, new Coded(coding, received));
    }

    /** A request without a body. */
    public static Body none() {
        return new Body(Spool.EMPTY, true, null);
    }

    /** A body of no bytes, which is not the same. */
    public static Body empty() {
        return new Body(Spool.EMPTY, false, null);
    }

    /** Whether it came in a content coding, which has been taken off. */
    public boolean decoded() {
        return coded != null;
    }

    /** The body with some changes, which do not overlap, and otherwise byte for byte; without any, it may go on in its coding. */
    public RequestBody with(List<Splice> changes) {
        if (absent) {
            return RequestBody.NONE;
        }
        Spliced plain = new Spliced(spool, inOrder(changes), length(spool, changes));
        Coded came = coded;
        return came == null || !changes.isEmpty()
                ? plain
                : plain.orCoded(came.coding, new Spliced(came.spool, List.of(), came.spool.length()));
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

    /** The body from its first byte, without a coding; whoever opens it closes it. */
    public InputStream open() throws IOException {
        return spool.open();
    }

    private record Spliced(Spool spool, List<Splice> splices, long length) implements RequestBody {
        @Override
        public void writeTo(OutputStream out) throws IOException {
            spool.writeTo(out, splices);
        }
    }

    /** Gives back memory and deletes what is on disk. */
    @Override
    public void close() {
        spool.close();
        if (coded != null) {
            coded.spool.close();
        }
    }
}
