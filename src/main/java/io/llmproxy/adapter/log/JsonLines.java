package io.llmproxy.adapter.log;

import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** One JSON object on one line: time, level, logger, message, thread where it has a name, error where there is one. */
final class JsonLines extends Formatter {
    @Override
    public String format(LogRecord record) {
        StringBuilder line = new StringBuilder(256);
        line.append('{');
        field("time", record.getInstant().truncatedTo(ChronoUnit.MICROS).toString(), line);
        field("level", Logging.name(record.getLevel()), line.append(','));
        field("logger", String.valueOf(record.getLoggerName()), line.append(','));
        field("message", String.valueOf(formatMessage(record)), line.append(','));
        // records are formatted by the thread that logs; virtual threads have no name unless given one
        String thread = Thread.currentThread().getName();
        if (!thread.isEmpty()) {
            field("thread", thread, line.append(','));
        }
        Throwable thrown = record.getThrown();
        if (thrown != null) {
            error(thrown, line);
        }
        return line.append("}\n").toString();
    }

    private static void error(Throwable thrown, StringBuilder line) {
        field("type", thrown.getClass().getName(), line.append(",\"error\":{"));
        String message = thrown.getMessage();
        if (message != null) {
            field("message", message, line.append(','));
        }
        field("stack", TextLines.stack(thrown), line.append(','));
        line.append('}');
    }

    private static void field(String name, String value, StringBuilder line) {
        line.append('"').append(name).append("\":\"");
        for (int i = 0; i < value.length(); i++) {
            character(value, i, line);
        }
        line.append('"');
    }

    private static void character(String value, int i, StringBuilder line) {
        char c = value.charAt(i);
        switch (c) {
            case '"' -> line.append("\\\"");
            case '\\' -> line.append("\\\\");
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
                if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || loneSurrogate(value, i)) {
                    line.append(String.format("\\u%04x", (int) c));
                } else {
                    line.append(c);
                }
            }
        }
    }

    /** Half a pair cannot be written as UTF-8. */
    private static boolean loneSurrogate(String value, int i) {
        char c = value.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
    }
}
