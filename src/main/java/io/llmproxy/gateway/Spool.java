package io.llmproxy.gateway;

import io.llmproxy.gateway.scan.Splice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A body that is taken in once and read as often as need be. The last piece is in memory, and a body of up to one piece is that
 * piece alone; what came before it is in memory too while {@link BodyMemory} has some to give, and else in a file, as a whole.
 */
public final class Spool implements AutoCloseable {
    static final int PIECE = 64 * 1024;
    static final Spool EMPTY = new Spool(Path.of(""), BodyMemory.NONE, 0);
    private static final int UNDECLARED = 2 * 1024;

    /** Shown every byte once, in order, as it comes. */
    public interface Tap {
        void feed(byte[] in, int from, int length);

        Tap DEAF = (in, from, length) -> {};
    }

    private final Path directory;
    private final BodyMemory memory;
    private final boolean mayTake;
    private List<byte[]> full = List.of();
    private @Nullable SpoolFile file;
    private byte[] piece;
    private int filled;
    private long length;

    /** @param expected the likely length, which saves copying; -1: unknown. What a client declares is believed only so far */
    public Spool(Path directory, BodyMemory memory, long expected) {
        this.directory = directory;
        this.memory = memory;
        this.mayTake = expected <= memory.share();
        this.piece = new byte[expected < 0 ? UNDECLARED : (int) Math.min(PIECE, expected)];
    }

    /** Deletes what a killed process left behind; while no request runs that has a body there. */
    public static void clear(Path directory) throws IOException {
        SpoolFile.clear(directory);
    }

    /**
     * Takes in what one read gives.
     *
     * @return false where the input is over
     * @throws UncheckedIOException where the disk refuses; an IOException is the input's
     */
    public boolean readFrom(InputStream in, Tap tap) throws IOException {
        int n;
        if (filled < piece.length) {
            n = in.read(piece, filled, piece.length - filled);
        } else {
            // most bodies end where they were expected to, and then nothing has to grow
            int next = in.read();
            if (next >= 0) {
                makeRoom();
                piece[filled] = (byte) next;
            }
            n = next < 0 ? -1 : 1;
        }
        if (n < 0) {
            return false;
        }
        tap.feed(piece, filled, n);
        filled += n;
        length += n;
        return true;
    }

    private void makeRoom() {
        if (piece.length < PIECE) {
            piece = Arrays.copyOf(piece, Math.clamp(2L * piece.length, UNDECLARED, PIECE));
        } else if (file == null && mayTake && length < memory.share() && memory.take(PIECE)) {
            full = full.isEmpty() ? new ArrayList<>() : full;
            full.add(piece);
            piece = new byte[PIECE];
            filled = 0;
        } else {
            toFile();
        }
    }

    private void toFile() {
        try {
            SpoolFile to = file;
            if (to == null) {
                to = SpoolFile.create(directory);
                file = to;
                for (byte[] earlier : full) {
                    to.write(earlier, PIECE);
                }
                release();
            }
            to.write(piece, filled);
            filled = 0;
        } catch (IOException e) {
            throw new UncheckedIOException("writing a request body to " + directory + " failed", e);
        }
    }

    private void release() {
        if (!full.isEmpty()) {
            memory.giveBack((long) full.size() * PIECE);
            full = List.of();
        }
    }

    public long length() {
        return length;
    }

    /** Whether all of it is in one array, {@link #bytes}. */
    public boolean inOnePiece() {
        return length == filled;
    }

    /** The bytes where they are in one piece: {@link #length} of them, the array may be longer. */
    public byte[] bytes() {
        if (!inOnePiece()) {
            throw new IllegalStateException("the body is in several pieces");
        }
        return piece;
    }

    /** All bytes from the first one; nothing may be taken in after. */
    public InputStream open() throws IOException {
        List<InputStream> parts = new ArrayList<>(full.size() + 2);
        if (file != null) {
            parts.add(file.open());
        }
        full.forEach(earlier -> parts.add(new ByteArrayInputStream(earlier)));
        parts.add(new ByteArrayInputStream(piece, 0, filled));
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    /** Some bytes, few enough for memory. */
    public byte[] range(long from, int count) throws IOException {
        try (InputStream in = open()) {
            in.skipNBytes(from);
            return in.readNBytes(count);
        }
    }

    /**
     * All bytes but for some changes; an IOException may be the disk's or that of {@code out}.
     *
     * @param changes in their order; they do not overlap
     */
    void writeTo(OutputStream out, List<Splice> changes) throws IOException {
        try (SpoolFile.Reading spooled = file == null ? null : file.reading()) {
            long at = 0;
            for (Splice change : changes) {
                write(out, spooled, at, change.offset());
                change.writeTo(out);
                at = change.offset() + change.removed();
            }
            write(out, spooled, at, length);
        }
    }

    private void write(OutputStream out, SpoolFile.@Nullable Reading spooled, long from, long until)
            throws IOException {
        long before = length - filled;
        if (from < before) {
            writeEarlier(out, spooled, from, Math.min(until, before));
        }
        if (until > before) {
            int at = (int) Math.max(0, from - before);
            out.write(piece, at, (int) (until - before) - at);
        }
    }

    private void writeEarlier(OutputStream out, SpoolFile.@Nullable Reading spooled, long from, long until)
            throws IOException {
        if (spooled != null) {
            spooled.writeTo(out, from, until);
            return;
        }
        for (long at = from; at < until; ) {
            int offset = (int) (at % PIECE);
            int n = (int) Math.min(PIECE - offset, until - at);
            out.write(full.get((int) (at / PIECE)), offset, n);
            at += n;
        }
    }

    @Override
    public void close() {
        release();
        SpoolFile spooled = file;
        if (spooled == null) {
            return;
        }
        try {
            spooled.close();
        } catch (IOException e) {
            System.getLogger(Spool.class.getName())
                    .log(System.Logger.Level.WARNING, "a spooled request body in " + directory + " was not deleted", e);
        }
    }
}
