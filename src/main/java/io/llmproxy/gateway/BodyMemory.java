package io.llmproxy.gateway;

import java.util.concurrent.atomic.AtomicLong;

/** The heap that large request bodies share: what does not fit goes to disk, so their number and size bound nothing else. Thread-safe. */
public final class BodyMemory {
    static final BodyMemory NONE = new BodyMemory(0);

    private final long total;
    private final AtomicLong left;
    private final long share;

    /** @param bytes for all bodies together */
    public BodyMemory(long bytes) {
        this.total = bytes;
        this.left = new AtomicLong(bytes);
        this.share = bytes / 4;
    }

    /** What one body may take at most, so that no single one sends all others to disk. */
    long share() {
        return share;
    }

    /** False where there is not so much; then nothing is taken. */
    boolean take(int bytes) {
        if (left.addAndGet(-bytes) >= 0) {
            return true;
        }
        left.addAndGet(bytes);
        return false;
    }

    void giveBack(long bytes) {
        left.addAndGet(bytes);
    }

    /** What bodies hold now; bytes. */
    public long used() {
        return Math.max(0, total - left.get());
    }

    long left() {
        return left.get();
    }
}
