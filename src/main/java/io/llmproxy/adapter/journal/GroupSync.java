package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Forces to the disk, in groups, what was appended: one thread, that sleeps while nothing was written. It closes the files
 * that are full, after it synced them.
 */
final class GroupSync implements AutoCloseable {
    private static final Logger LOG = System.getLogger(GroupSync.class.getName());

    private final Path directory;
    private final long periodNanos;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock, as are the four fields below; dirty is also read without
    private final List<SegmentFile> full = new ArrayList<>();
    private SegmentFile current;
    private volatile boolean dirty;
    private boolean newFile = true;
    private boolean closed;
    private boolean failing;

    GroupSync(Path directory, Duration period, SegmentFile current) {
        this.directory = directory;
        this.periodNanos = period.toNanos();
        this.current = current;
        // a platform thread: a virtual one would keep a carrier from all others while the disk works
        this.thread = Thread.ofPlatform().name("journal-sync").daemon().start(this::run);
    }

    /** Something was written; called after the write. */
    void wrote() {
        if (!dirty) {
            lock.lock();
            try {
                dirty = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Appends go to another file from now on. */
    void replace(SegmentFile old, SegmentFile next) {
        lock.lock();
        try {
            full.add(old);
            current = next;
            newFile = true;
            dirty = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            sync();
        }
        if (dirty) {
            sync();
        }
        quietly(current);
    }

    /** Waits for the first write and then for the period, so that one sync serves many writes; false at the end. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!dirty && !closed) {
                changed.awaitUninterruptibly();
            }
            long left = periodNanos;
            while (left > 0 && !closed) {
                left = changed.awaitNanos(left);
            }
            return !closed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void sync() {
        List<SegmentFile> ended;
        SegmentFile file;
        boolean entry;
        lock.lock();
        try {
            // cleared before the sync: a write that comes during it asks for another
            dirty = false;
            ended = List.copyOf(full);
            full.clear();
            file = current;
            entry = newFile;
            newFile = false;
        } finally {
            lock.unlock();
        }
        try {
            for (SegmentFile end : ended) {
                end.sync();
            }
            file.sync();
            if (entry) {
                syncDirectory();
            }
            failing = false;
        } catch (IOException e) {
            failed(e);
        } finally {
            ended.forEach(GroupSync::quietly);
        }
    }

    private void syncDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private void failed(IOException e) {
        if (!failing) {
            LOG.log(
                    Level.ERROR,
                    "the usage journal in " + directory
                            + " cannot be synced to its disk; records are safe from a crash of"
                            + " the process, but not of the machine",
                    e);
        }
        failing = true;
    }

    private static void quietly(SegmentFile file) {
        try {
            file.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a file of the usage journal could not be closed", e);
        }
    }

    /** Syncs the rest and closes the file; blocks until both are done, ten seconds at most. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
