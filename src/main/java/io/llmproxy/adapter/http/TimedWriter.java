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
        stall.begin();
        try {
            plain.write(buffers);
        } finally {
            stall.end();
        }
    }

    @Override
    public void write(BufferData buffer) {
        stall.begin();
        try {
            plain.write(buffer);
        } finally {
            stall.end();
        }
    }

    @Override
    public void writeNow(BufferData... buffers) {
        stall.begin();
        try {
            plain.writeNow(buffers);
        } finally {
            stall.end();
        }
    }

    @Override
    public void writeNow(BufferData buffer) {
        stall.begin();
        try {
            plain.writeNow(buffer);
        } finally {
            stall.end();
        }
    }

    @Override
    public void flush() {
        plain.flush();
    }

    @Override
    public void close() {
        plain.close();
    }
}
