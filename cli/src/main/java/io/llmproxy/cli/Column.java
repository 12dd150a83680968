package io.llmproxy.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** One column of a table, or one line of a list of fields: which field, under what title, shown how. */
record Column(String title, String field, Kind kind) {
    /** How a value is shown to people; to programs it is always shown as it is. */
    enum Kind {
        TEXT,
        NUMBER,
        TIME,
        STATUS,
        FLAG,
        MICROS
    }

    private static final String ABSENT = "-";

    static Column text(String title, String field) {
        return new Column(title, field, Kind.TEXT);
    }

    static Column number(String title, String field) {
        return new Column(title, field, Kind.NUMBER);
    }

    static Column time(String title, String field) {
        return new Column(title, field, Kind.TIME);
    }

    static Column status(String title, String field) {
        return new Column(title, field, Kind.STATUS);
    }

    boolean right() {
        return kind == Kind.NUMBER || kind == Kind.MICROS;
    }

    /** The whole value, for programs. */
    String plain(JsonNode item) {
        JsonNode value = item.path(field);
        return value.isContainer() ? joined(value, ",") : Json.text(value);
    }

    /** The value as it stands in a table. */
    String shown(JsonNode item, Instant now) {
        JsonNode value = item.path(field);
        if (Json.absent(value)) {
            return ABSENT;
        }
        String text = switch (kind) {
            case TEXT, STATUS -> value.isContainer() ? joined(value, ", ") : Json.text(value);
            case NUMBER -> value.isIntegralNumber() ? grouped(value.asLong(0)) : Json.text(value);
            case TIME -> relative(Json.text(value), now);
            case FLAG -> value.asBoolean(false) ? "yes" : ABSENT;
            case MICROS -> value.isIntegralNumber() ? millis(value.asLong(0)) : Json.text(value);
        };
        return text.isEmpty() ? ABSENT : Text.printable(text);
    }

    /** The value as it stands in a list of fields: times in full too. */
    String shownInFull(JsonNode item, Instant now) {
        String shown = shown(item, now);
        return kind == Kind.TIME && !shown.equals(ABSENT) ? plain(item) + " (" + shown + ")" : shown;
    }

    static String grouped(long number) {
        StringBuilder out = new StringBuilder(Long.toString(number));
        for (int i = out.length() - 3; i > (number < 0 ? 1 : 0); i -= 3) {
            out.insert(i, ',');
        }
        return out.toString();
    }

    private static String relative(String text, Instant now) {
        Instant time = Times.instant(text);
        return time == null ? text : Times.relative(time, now);
    }

    private static String millis(long micros) {
        Duration duration = Duration.ofNanos(micros * 1000);
        if (duration.toMinutes() >= 2) {
            return Times.brief(duration);
        }
        return micros >= 10_000_000 ? duration.toSeconds() + " s" : grouped(micros / 1000) + " ms";
    }

    private static String joined(JsonNode value, String between) {
        StringJoiner out = new StringJoiner(between);
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                out.add(member.getKey() + "=" + Json.text(member.getValue()));
            }
        } else {
            value.values().forEach(v -> out.add(v.isContainer() ? joined(v, " ") : Json.text(v)));
        }
        return out.toString();
    }
}
