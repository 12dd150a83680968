package io.llmproxy.adapter.log;

import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/** Gives every record of the process to the log. */
final class LineHandler extends Handler {
    /** Of use for its way to fill in parameters alone. */
    private static final Formatter MESSAGES = new Formatter() {
        @Override
        public String format(LogRecord record) {
            return formatMessage(record);
        }
    };

    private final RunningLog log;

    LineHandler(RunningLog log) {
        this.log = log;
    }

    boolean of(RunningLog which) {
        return log == which;
    }

    @Override
    public void publish(LogRecord record) {
        if (isLoggable(record)) {
            log.write(entry(record));
        }
    }

    private static LogEntry entry(LogRecord record) {
        try {
            return LogEntry.of(record, String.valueOf(MESSAGES.format(record)));
        } catch (RuntimeException e) {
            // a parameter whose toString throws, for one: say what is certain
            LogRecord plain = new LogRecord(record.getLevel(), "");
            plain.setInstant(record.getInstant());
            plain.setLoggerName(record.getLoggerName());
            return LogEntry.of(plain, "a log message could not be formatted: " + e.getClass());
        }
    }

    @Override
    public void flush() {}

    /** The log itself is closed by who opened it. */
    @Override
    public void close() {}
}
