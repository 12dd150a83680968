package io.llmproxy.adapter.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * {@code 2026-11-20 14:03:12.345 INFO  message (logger)}, in local time; an exception follows, indented. No text from
 * outside can begin a line that looks like a record.
 */
final class TextLines extends Formatter {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

    @Override
    public String format(LogRecord record) {
        StringBuilder line = new StringBuilder(160);
        TIME.formatTo(record.getInstant(), line);
        line.append(String.format(" %-5s ", Logging.name(record.getLevel())));
        escape(String.valueOf(formatMessage(record)), line);
        line.append(" (");
        escape(String.valueOf(record.getLoggerName()), line);
        line.append(")\n");
        Throwable thrown = record.getThrown();
        if (thrown != null) {
            stack(thrown).lines().forEach(l -> escape(l, line.append("    ")).append('\n'));
        }
        return line.toString();
    }

    static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        try (PrintWriter writer = new PrintWriter(text)) {
            thrown.printStackTrace(writer);
        }
        return text.toString();
    }

    private static StringBuilder escape(String text, StringBuilder out) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("    ");
                default -> plain(c, out);
            }
        }
        return out;
    }

    private static void plain(char c, StringBuilder out) {
        // also what turns a terminal's line around or breaks it: bidirectional controls and the Unicode separators
        if (Character.isISOControl(c) || c >= '\u2028' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069') {
            out.append(String.format("\\u%04x", (int) c));
        } else {
            out.append(c);
        }
    }
}
