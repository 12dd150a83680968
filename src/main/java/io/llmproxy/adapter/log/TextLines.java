package io.llmproxy.adapter.log;

import io.llmproxy.domain.usage.UsageRecord;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * {@code 2026-11-20 14:03:12.345 INFO  message (logger)}, in local time; an exception follows, indented. No text from
 * outside can begin a line that looks like a record.
 */
final class TextLines implements LineFormat {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

    private final boolean timed;

    TextLines() {
        this(true);
    }

    /** @param timed false: whoever takes the lines notes the time and level of each */
    TextLines(boolean timed) {
        this.timed = timed;
    }

    @Override
    public String format(LogEntry entry) {
        StringBuilder line = new StringBuilder(160);
        begin(entry.time(), entry.level(), line);
        if (entry.event() != 0) {
            line.append("event ").append(entry.event()).append(": ");
        }
        escape(entry.message(), line);
        line.append(" (");
        escape(entry.logger(), line);
        line.append(')');
        field(" request=", entry.requestId() == null ? null : entry.requestId().toString(), line);
        field(" tenant=", entry.tenant(), line);
        line.append('\n');
        Throwable thrown = entry.thrown();
        if (thrown != null) {
            stack(thrown).lines().forEach(l -> escape(l, line.append("    ")).append('\n'));
        }
        return line.toString();
    }

    @Override
    public String access(AccessEntry entry) {
        StringBuilder line = new StringBuilder(240);
        begin(entry.time(), Level.INFO, line);
        line.append(entry.status()).append(' ');
        escape(entry.method() + " " + entry.path(), line);
        UsageRecord r = entry.record();
        if (r != null) {
            field(" tenant=", r.tenantSlug(), line);
            field(" user=", r.userEmail(), line);
            field(" key=", r.keyName(), line);
            field(" model=", r.requestedModel(), line);
            field(" provider=", r.provider(), line);
            field(" error=", r.errorCode(), line);
            line.append(" tokens=")
                    .append(r.tokens().input())
                    .append('+')
                    .append(r.tokens().output());
            field(" usd=", r.cost().usd(), line);
        }
        JsonText.appendMillis(line.append(" ms="), entry.durationMicros());
        field(" address=", entry.address(), line);
        line.append(" request=").append(entry.requestId());
        field(" trace=", entry.traceId(), line);
        return line.append('\n').toString();
    }

    private void begin(Instant time, Level level, StringBuilder line) {
        if (timed) {
            TIME.formatTo(time, line);
            String name = Logging.name(level);
            line.append(' ').append(name).append(" ".repeat(6 - name.length()));
        }
    }

    private static void field(String name, @Nullable String value, StringBuilder line) {
        if (value != null) {
            escape(value, line.append(name));
        }
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
                default -> plain(text, i, out);
            }
        }
        return out;
    }

    private static void plain(String text, int i, StringBuilder out) {
        char c = text.charAt(i);
        if (Character.isISOControl(c) || JsonText.steers(c) || JsonText.loneSurrogate(text, i)) {
            JsonText.escape(c, out);
        } else {
            out.append(c);
        }
    }
}
