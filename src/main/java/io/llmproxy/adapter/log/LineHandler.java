package io.llmproxy.adapter.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/** Writes each record by one write, unbuffered; a log that cannot be written stops nothing. */
final class LineHandler extends Handler {
    private final Formatter format;
    private final OutputStream out;
    private final ReentrantLock lock = new ReentrantLock();

    LineHandler(Formatter format, OutputStream out) {
        this.format = format;
        this.out = out;
    }

    @Override
    public void publish(LogRecord record) {
        if (!isLoggable(record)) {
            return;
        }
        byte[] line = bytes(record);
        lock.lock();
        try {
            out.write(line);
            out.flush();
        } catch (IOException | RuntimeException e) {
            // standard error is gone: there is nowhere left to say so
        } finally {
            lock.unlock();
        }
    }

    private byte[] bytes(LogRecord record) {
        try {
            return format.format(record).getBytes(StandardCharsets.UTF_8);
        } catch (RuntimeException e) {
            // a parameter whose toString throws, for one: say what is certain
            LogRecord plain = new LogRecord(record.getLevel(), "a log message could not be formatted: " + e.getClass());
            plain.setInstant(record.getInstant());
            plain.setLoggerName(record.getLoggerName());
            return format.format(plain).getBytes(StandardCharsets.UTF_8);
        }
    }

    @Override
    public void flush() {}

    /** Standard error stays open for whoever comes later. */
    @Override
    public void close() {}
}
