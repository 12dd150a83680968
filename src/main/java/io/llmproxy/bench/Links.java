package io.llmproxy.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** All connections of a run and the one thread that turns them. */
final class Links implements AutoCloseable {
    private static final long TURN_MILLIS = 50;

    private final Selector selector;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(64 * 1024);

    Links() throws IOException {
        selector = Selector.open();
    }

    Selector selector() {
        return selector;
    }

    /** Handles what is ready, waiting at most that long for anything to be. */
    void turn(long millis) throws IOException {
        if (millis > 0) {
            selector.select(this::ready, millis);
        } else {
            selector.selectNow(this::ready);
        }
    }

    private void ready(SelectionKey key) {
        ((Link) key.attachment()).ready(scratch);
    }

    /** Turns until the condition holds; false: it did not within the time. */
    boolean turnUntil(BooleanSupplier condition, Duration atMost) throws IOException {
        long end = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            turn(TURN_MILLIS);
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            ((Link) key.attachment()).close();
        }
        selector.close();
    }
}
