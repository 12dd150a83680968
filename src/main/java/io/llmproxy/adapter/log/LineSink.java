package io.llmproxy.adapter.log;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.locks.ReentrantLock;

/** Where lines go. Thread-safe. */
interface LineSink extends AutoCloseable {
    /** Writes whole lines by one write; throws where they could not be written, all of them or a part. */
    void write(byte[] lines) throws IOException;

    @Override
    void close();

    /** To a stream that stays open for whoever comes later. */
    final class ToStream implements LineSink {
        private final OutputStream out;
        private final ReentrantLock lock = new ReentrantLock();

        ToStream(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(byte[] lines) throws IOException {
            lock.lock();
            try {
                out.write(lines);
                out.flush();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {}
    }
}
