package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;

/** Remembers since when a write has been blocked, so that the sweeper can cut a client that does not read. */
final class TimedWriter implements DataWriter {
    private final DataWriter plain;
    private final Stall stall = new Stall();

    TimedWriter(DataWriter plain) {
        this.plain = plain;
    }

    boolean stalled(Duration limit, long nowNanos) {
        return stall.longerThan(limit, nowNanos);
    }

    @Override
    public void write(BufferData... buffers) {
        timed(() -> plain.write(buffers));
    }

    @Override
    public void write(BufferData buffer) {
        timed(() -> plain.write(buffer));
    }

    @Override
    public void writeNow(BufferData... buffers) {
        timed(() -> plain.writeNow(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
        timed(() -> plain.writeNow(buffer));
    }

    @Override
    public void flush() {
        plain.flush();
    }

    @Override
    public void close() {
        plain.close();
    }

    private void timed(Runnable write) {
        stall.begin();
        try {
            write.run();
        } finally {
            stall.end();
        }
    }
}
