package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A file whose end is mapped into memory, so that an append is a copy and no call into the kernel. What was copied is in the
 * kernel's page cache as after a write: it outlives the process, and a sync of the file takes it to the disk (Linux, fsync(2)
 * and mmap(2), MAP_SHARED).
 *
 * <p>Before a window is mapped, its place on the disk is taken by writing zeros: a full disk is therefore an
 * {@link IOException} of that write, not a fault in the middle of a copy. Up to a window of zeros lies behind the last record
 * while the file is open or where the process was killed; zeros are no frame. Where a file system copies on write, a fault is
 * still possible; the JVM turns it into an {@link InternalError}, and this into an IOException.
 *
 * <p>Taking the place and mapping it takes a millisecond and more, for which all requests that end just then would wait. So the next
 * window is made ready elsewhere once half of the present one is used; only an append that finds none, or one that is too small,
 * makes its own.
 *
 * <p>Appends come from one thread at a time, syncs from any.
 */
final class MappedSegmentFile implements SegmentFile {
    /** Some hundred records. */
    static final int WINDOW = 256 << 10;

    /** How far a window reaches back into the one before, for the record that did not fit there whole. */
    private static final int OVERLAP = 64 << 10;

    private static final int PAGE = 4096;
    private static final byte[] ZEROS = new byte[16 << 10];

    private record Window(long start, MemorySegment memory, Arena arena) {
        boolean holds(long from, int length) {
            return from >= start && from + length <= end();
        }

        long end() {
            return start + memory.byteSize();
        }

        void close() {
            arena.close();
        }
    }

    private final Path path;
    // not a FileChannel: an interrupt of one appending thread would close it for all
    private final RandomAccessFile file;
    // a descriptor of its own for syncs; no thread that syncs is ever interrupted
    private final FileChannel synced;
    private final Executor room;
    private @Nullable Window window;
    private @Nullable FutureTask<Window> ahead;
    private long size;
    // of whoever makes a window: the room's thread, or an append when that is done
    private long allocated;

    /** Makes a new, empty file, whose windows are made by the appending threads. */
    MappedSegmentFile(Path path) throws IOException {
        this(path, Runnable::run);
    }

    /**
     * Makes a new, empty file.
     *
     * @param room where windows are made and closed; one task after the other
     */
    MappedSegmentFile(Path path, Executor room) throws IOException {
        this.path = path;
        this.room = room;
        this.file = new RandomAccessFile(path.toFile(), "rw");
        this.synced = FileChannel.open(path, StandardOpenOption.WRITE);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        Window at = window;
        if (at == null || !at.holds(size, bytes.length)) {
            at = next(bytes.length);
        }
        try {
            MemorySegment.copy(bytes, 0, at.memory, ValueLayout.JAVA_BYTE, size - at.start, bytes.length);
        } catch (InternalError e) {
            throw fault(e);
        }
        size += bytes.length;
        if (ahead == null && size - at.start > at.memory.byteSize() / 2) {
            prepare(at);
        }
    }

    private void prepare(Window present) {
        long start = Math.max(0, present.end() - OVERLAP) / PAGE * PAGE;
        FutureTask<Window> task = new FutureTask<>(() -> {
            allocate(present.end() + WINDOW);
            return map(start, allocated - start);
        });
        ahead = task;
        room.execute(task);
    }

    /** The window that was made ahead; null: there is none, or it could not be made, as whoever tries again will be told. */
    private @Nullable Window prepared() {
        FutureTask<Window> task = ahead;
        ahead = null;
        boolean interrupted = false;
        try {
            while (task != null) {
                try {
                    return task.get();
                } catch (ExecutionException e) {
                    return null;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return null;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Window next(int length) throws IOException {
        Window prepared = prepared();
        if (prepared != null && prepared.holds(size, length)) {
            return replacedBy(prepared);
        }
        if (prepared != null) {
            prepared.close();
        }
        return replacedBy(made(length));
    }

    private Window made(int length) throws IOException {
        long start = size / PAGE * PAGE;
        try {
            allocate(Math.max(start + WINDOW, size + length));
        } catch (IOException e) {
            if (allocated < size + length) {
                throw e;
            }
        }
        return map(start, allocated - start);
    }

    /** The old one is closed elsewhere, since all threads are asked for that. */
    private Window replacedBy(Window next) {
        Window old = window;
        window = next;
        if (old != null) {
            room.execute(old::close);
        }
        return next;
    }

    private void allocate(long end) throws IOException {
        file.seek(allocated);
        while (allocated < end) {
            int length = (int) Math.min(ZEROS.length, end - allocated);
            file.write(ZEROS, 0, length);
            allocated += length;
        }
    }

    /** On an interrupted thread as on any other: it has a channel of its own, which is all that the interrupt closes. */
    private Window map(long start, long length) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return mapped(start, length);
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Window mapped(long start, long length) throws IOException {
        Arena arena = Arena.ofShared(); // the thread that syncs closes it
        boolean done = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Window result = new Window(start, channel.map(MapMode.READ_WRITE, start, length, arena), arena);
            done = true;
            return result;
        } finally {
            if (!done) {
                arena.close();
            }
        }
    }

    /** Zeros behind it are what is not written yet; the file is cut when it is closed. */
    @Override
    public void truncate(long to) throws IOException {
        Window at = window;
        size = to;
        if (at == null) {
            return;
        }
        if (!at.holds(to, 0)) {
            throw new IOException("what is to be cut off lies before what is mapped");
        }
        try {
            at.memory.asSlice(to - at.start).fill((byte) 0);
        } catch (InternalError e) {
            throw fault(e);
        }
    }

    private static IOException fault(InternalError e) {
        return new IOException("the disk gave no page to write to", e);
    }

    @Override
    public void sync() throws IOException {
        synced.force(false); // with its length, without its times
    }

    @Override
    public void close() throws IOException {
        Window present = window;
        Window prepared = prepared();
        window = null;
        if (present != null) {
            present.close();
        }
        if (prepared != null) {
            prepared.close();
        }
        try (synced;
                file) {
            if (file.length() > size) {
                file.setLength(size);
            }
        }
    }
}
