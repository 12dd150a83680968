package io.llmproxy.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request body made of the options that were given: what was not given is not in it, and {@code none} is null, which by JSON
 * merge patch (RFC 7396) clears the field.
 */
final class Fields {
    private final Line line;
    private final ObjectNode body = Json.object();

    Fields(Line line) {
        this.line = line;
    }

    Fields put(String field, String value) {
        body.put(field, value);
        return this;
    }

    Fields text(String field, String option) {
        return converted(field, option, (name, value) -> Json.object().stringNode(value));
    }

    /** A file of the server, given as a path from where the caller is. */
    Fields file(String field, String option, Path here) {
        return converted(field, option, (name, value) -> Json.object().stringNode(absolute(name, here, value)));
    }

    static String absolute(String option, Path here, String path) {
        if (path.isBlank()) {
            throw CliException.usage(option + " must not be empty");
        }
        return here.resolve(path).toAbsolutePath().normalize().toString();
    }

    Fields duration(String field, String option) {
        return converted(field, option, (name, value) -> Json.object().stringNode(Times.duration(name, value)));
    }

    Fields expiry(String field, String option) {
        return converted(field, option, (name, value) -> Json.object().stringNode(Times.expiry(name, value)));
    }

    Fields days(String field, String option) {
        return converted(field, option, (name, value) -> Json.object().numberNode(Times.days(name, value)));
    }

    Fields integer(String field, String option) {
        return converted(field, option, (name, value) -> Json.object().numberNode(integerOf(name, value)));
    }

    Fields number(String field, String option) {
        return converted(field, option, (name, value) -> Json.object().numberNode(numberOf(name, value)));
    }

    private Fields converted(String field, String option, BiFunction<String, String, JsonNode> conversion) {
        String value = line.option(option);
        if (value == null) {
            return this;
        }
        body.set(field, value.equals(Line.NONE) ? body.nullNode() : conversion.apply(option, value));
        return this;
    }

    Fields flag(String field, String option) {
        if (line.flag(option)) {
            body.put(field, true);
        }
        return this;
    }

    /** A pair of flags, of which one at most may be given. */
    Fields choice(String field, String yes, String no) {
        if (line.flag(yes) && line.flag(no)) {
            throw CliException.usage(yes + " and " + no + " exclude each other");
        }
        if (line.flag(yes) || line.flag(no)) {
            body.put(field, line.flag(yes));
        }
        return this;
    }

    Fields list(String field, String option) {
        if (line.has(option)) {
            List<String> values = line.values(option);
            ArrayNode array = Json.array();
            values.forEach(array::add);
            body.set(field, values.isEmpty() ? body.nullNode() : array);
        }
        return this;
    }

    /** An option that may be repeated, each value as it is; {@code none} alone clears all. */
    Fields texts(String field, String option) {
        List<String> values = line.raw(option);
        if (!values.isEmpty()) {
            ArrayNode array = Json.array();
            values.forEach(array::add);
            body.set(field, values.equals(List.of(Line.NONE)) ? body.nullNode() : array);
        }
        return this;
    }

    /** Values of several options, each as it is behind a word that says which option it was. */
    Fields prefixed(String field, Map<String, String> options) {
        ArrayNode array = Json.array();
        new TreeMap<>(options)
                .forEach((option, prefix) -> line.raw(option).forEach(value -> array.add(prefix + value)));
        if (!array.isEmpty()) {
            body.set(field, array);
        }
        return this;
    }

    /** A setting that is {@code on} or {@code off}. */
    Fields onOff(String field, String option) {
        String value = line.option(option);
        if (value == null) {
            return this;
        }
        switch (value) {
            case "on" -> body.put(field, true);
            case "off" -> body.put(field, false);
            case Line.NONE -> body.set(field, body.nullNode());
            default -> throw CliException.usage(option + " is on or off; got '" + value + "'");
        }
        return this;
    }

    /** Options of the form {@code name=value}; {@code none} alone clears all. */
    Fields map(String field, String option) {
        return map(field, option, UnaryOperator.identity());
    }

    /** The same, each value as {@code reader} makes it. */
    Fields map(String field, String option, UnaryOperator<String> reader) {
        List<String> pairs = line.raw(option);
        if (pairs.isEmpty()) {
            return this;
        }
        if (pairs.equals(List.of(Line.NONE))) {
            body.set(field, body.nullNode());
            return this;
        }
        ObjectNode map = Json.object();
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                // without the text: a header's value may be a credential
                throw CliException.usage(option + " wants NAME=VALUE");
            }
            map.put(pair.substring(0, equals), reader.apply(pair.substring(equals + 1)));
        }
        body.set(field, map);
        return this;
    }

    ObjectNode body() {
        return body;
    }

    /** @throws CliException where no option was given */
    ObjectNode change() {
        if (body.isEmpty()) {
            throw CliException.usage("nothing to change: name at least one option (see --help)");
        }
        return body;
    }

    private static long numberOf(String option, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw CliException.usage(option + ": no whole number: '" + value + "'");
        }
    }

    private static int integerOf(String option, String value) {
        try {
            int number = Integer.parseInt(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same message as for a negative one
        }
        throw CliException.usage(option + ": no whole number: '" + value + "'");
    }
}
