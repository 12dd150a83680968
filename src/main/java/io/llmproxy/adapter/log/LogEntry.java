package io.llmproxy.adapter.log;

import io.llmproxy.port.CurrentRequest;
import java.time.Instant;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is logged, taken apart on the thread that logs it.
 *
 * @param event 0: none
 * @param message without the event's number
 */
record LogEntry(
        Instant time,
        Level level,
        String logger,
        int event,
        String message,
        @Nullable Throwable thrown,
        String thread,
        @Nullable UUID requestId,
        @Nullable String tenant) {
    static LogEntry of(LogRecord record, String formatted) {
        CurrentRequest request = CurrentRequest.SCOPE.isBound() ? CurrentRequest.SCOPE.get() : null;
        return new LogEntry(
                record.getInstant(),
                record.getLevel(),
                String.valueOf(record.getLoggerName()),
                Event.idIn(formatted),
                Event.sentence(formatted),
                record.getThrown(),
                // virtual threads have no name unless given one
                Thread.currentThread().getName(),
                request == null ? null : request.requestIdOrNull(),
                request == null ? null : request.tenantOrNull());
    }

    /** The log's own word, of no request. */
    static LogEntry own(Event event, String message) {
        Level level = event.severity() == Event.Severity.ERROR ? Level.SEVERE : Level.WARNING;
        return new LogEntry(now(), level, "io.llmproxy.log", event.id(), message, null, "", null, null);
    }

    /** The time as records have it. */
    static Instant now() {
        return new LogRecord(Level.INFO, "").getInstant();
    }

    boolean serious() {
        return level.intValue() >= Level.WARNING.intValue();
    }
}
