package io.llmproxy.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What lines of a log are looked for; null and empty: any. */
record LogQuery(
        List<Integer> events,
        int level,
        @Nullable String tenant,
        @Nullable String requestId,
        @Nullable Instant since,
        @Nullable Instant until,
        @Nullable String text) {
    private static final List<String> LEVELS = List.of("DEBUG", "INFO", "WARN", "ERROR");
    private static final Pattern TEXT_LINE = Pattern.compile(
            "(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}) (DEBUG|INFO|WARN|ERROR) +(?:event (\\d{4}): )?(.*)");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");

    static LogQuery of(Context c) {
        Line line = c.line();
        String level = line.option("--level");
        String text = line.option("--text");
        return new LogQuery(
                events(line.values("--event")),
                level == null ? 0 : LEVELS.indexOf(level.toUpperCase(Locale.ROOT)),
                c.namedTenant(),
                line.option("--request-id"),
                moment(c, "--since"),
                moment(c, "--until"),
                text == null ? null : text.toLowerCase(Locale.ROOT));
    }

    private static List<Integer> events(List<String> texts) {
        List<Integer> events = new ArrayList<>();
        for (String text : texts) {
            try {
                events.add(Integer.parseInt(text));
            } catch (NumberFormatException e) {
                throw CliException.usage("--event: no number of an event such as 6301: '" + text + "'");
            }
        }
        return events;
    }

    private static @Nullable Instant moment(Context c, String option) {
        String text = c.line().option(option);
        return text == null ? null : Times.moment(option, text, c.output().now());
    }

    /** The entry that a line holds, where it is wanted; null: it is not. Cheap tests come first, as files may be large. */
    @Nullable
    JsonNode wanted(String line) {
        if (text != null && !line.toLowerCase(Locale.ROOT).contains(text)
                || requestId != null && !line.contains(requestId)
                || tenant != null && !line.contains(tenant)) {
            return null;
        }
        JsonNode entry = entry(line);
        return entry != null && matches(entry) ? entry : null;
    }

    private boolean matches(JsonNode entry) {
        Instant time = Times.instant(Json.text(entry.path("time")));
        return (events.isEmpty() || events.contains(entry.path("event").asInt(0)))
                && LEVELS.indexOf(Json.text(entry.path("level"))) >= level
                && (tenant == null || tenant.equals(Json.text(entry.path("tenant"))))
                && (requestId == null
                        || requestId.equals(Json.text(entry.path("requestId")))
                        || text(entry).contains(requestId))
                && (since == null || time != null && !time.isBefore(since))
                && (until == null || time != null && time.isBefore(until));
    }

    private static String text(JsonNode entry) {
        return Json.text(entry.path("message"));
    }

    /** Null where it is no entry: a line of a stack trace, for one. */
    private static @Nullable JsonNode entry(String line) {
        if (line.startsWith("{")) {
            try {
                return Json.parse(line.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            } catch (JacksonException e) {
                return null; // cut by a crash
            }
        }
        Matcher m = TEXT_LINE.matcher(line);
        return m.matches() ? ofText(m) : null;
    }

    private static ObjectNode ofText(Matcher m) {
        ObjectNode entry = Json.object().put("time", time(m.group(1))).put("level", m.group(2));
        if (m.group(3) != null) {
            entry.put("event", Integer.parseInt(m.group(3)));
        }
        String message = m.group(4);
        entry.put("message", message);
        field(entry, "requestId", message, " request=");
        field(entry, "tenant", message, " tenant=");
        return entry;
    }

    private static void field(ObjectNode entry, String name, String message, String mark) {
        int at = message.lastIndexOf(mark);
        if (at >= 0) {
            String rest = message.substring(at + mark.length());
            int end = rest.indexOf(' ');
            entry.put(name, end < 0 ? rest : rest.substring(0, end));
        }
    }

    /** Text lines have local time. */
    private static String time(String text) {
        try {
            return LocalDateTime.parse(text, TIME)
                    .atZone(ZoneId.systemDefault())
                    .toInstant()
                    .toString();
        } catch (DateTimeException e) {
            return text;
        }
    }
}
