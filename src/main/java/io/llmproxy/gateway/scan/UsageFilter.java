package io.llmproxy.gateway.scan;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of an event stream what is in it only because the gateway asked for usage: the last chunk, which has usage and
 * empty {@code choices}, and the member {@code "usage":null} of the others. Everything else goes on byte for byte, event by
 * event as each is complete; events that come together go on together. An event larger than {@value #MAX_EVENT} bytes goes on as
 * it comes; see {@link LargeEvent}.
 */
public final class UsageFilter implements SseReader.Listener {
    /** Where the stream goes on to. */
    public interface Output {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    private static final int MAX_EVENT = 1024 * 1024;
    private static final byte[] USAGE = "usage".getBytes(StandardCharsets.US_ASCII);

    private final Output output;
    private final int most;
    private final SseReader reader = new SseReader(this);
    private final Begun begun = new Begun();
    private byte[] piece = {};
    // of the piece: before it everything has gone on; where the event at hand begins; where the last complete one ends
    private int passed;
    private int taken;
    private int lastEnd;
    private @Nullable LargeEvent large;
    private boolean dropped;
    private boolean endedAtCr;
    // of the output, on its way through the reader, which knows of none
    private @Nullable IOException failure;

    /** The bytes of an event whose end has not come, readable without a copy. */
    private static final class Begun extends ByteArrayOutputStream {
        Begun() {
            super(0);
        }

        byte[] bytes() {
            return buf;
        }
    }

    public UsageFilter(Output output) {
        this(output, MAX_EVENT);
    }

    /** @param most bytes of an event that are kept until it is complete */
    UsageFilter(Output output, int most) {
        this.output = output;
        this.most = most;
    }

    public void feed(byte[] in, int from, int length) throws IOException {
        if (length == 0) {
            return;
        }
        int to = from + length;
        piece = in;
        passed = from;
        taken = from;
        lastEnd = -1;
        if (endedAtCr && in[from] == '\n') {
            // the CRLF that ended the event before came in two pieces: its line feed goes where that event went
            taken++;
            passed += dropped ? 1 : 0;
        }
        reader.feed(in, from, length);
        if (failure != null) {
            throw failure;
        }
        keepRest(to);
        endedAtCr = lastEnd == to && in[to - 1] == '\r';
    }

    private void keepRest(int to) throws IOException {
        write(piece, passed, taken);
        if (large == null && (long) begun.size() + to - taken > most) {
            large = new LargeEvent(output);
            large.feed(begun.bytes(), 0, begun.size());
            begun.reset();
        }
        if (large != null) {
            large.feed(piece, taken, to);
        } else {
            begun.write(piece, taken, to - taken);
        }
    }

    /** The stream is over: what came of an event that never ended goes on. */
    public void finish() throws IOException {
        if (large != null) {
            large.end();
        }
        write(begun.bytes(), 0, begun.size());
        begun.reset();
    }

    @Override
    public void data(byte[] in, int from, int length) {}

    @Override
    public void eventEnd(int next) {
        try {
            if (failure == null) {
                event(next);
            }
        } catch (IOException e) {
            failure = e;
        }
        taken = next;
        lastEnd = next;
    }

    private void event(int next) throws IOException {
        dropped = false;
        if (large != null) {
            large.feed(piece, taken, next);
            large.end();
            large = null;
            passed = next;
        } else if (begun.size() == 0) {
            passed = pass(piece, passed, taken, next);
        } else {
            begun.write(piece, taken, next - taken);
            int rest = pass(begun.bytes(), 0, 0, begun.size());
            write(begun.bytes(), rest, begun.size());
            begun.reset();
            passed = next;
        }
    }

    /**
     * Lets an event go on up to what is last cut out of it.
     *
     * @return what has gone on or is to be left out ends here
     */
    private int pass(byte[] bytes, int unwritten, int from, int to) throws IOException {
        if (ByteSearch.indexOf(bytes, from, to, USAGE) == to) {
            return unwritten;
        }
        int at = unwritten;
        List<UsageCuts.Cut> cuts = UsageCuts.of(bytes, from, to);
        for (UsageCuts.Cut cut : cuts) {
            write(bytes, at, cut.from());
            at = cut.to();
        }
        dropped = !cuts.isEmpty() && at == to;
        return at;
    }

    private void write(byte[] bytes, int from, int to) throws IOException {
        if (to > from) {
            output.write(bytes, from, to - from);
        }
    }
}
