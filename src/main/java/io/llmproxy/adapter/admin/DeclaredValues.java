package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The one way in which values of declared fields are written; each throws {@link InvalidValueException} where it is none. */
final class DeclaredValues {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_SCALE = 100;

    private DeclaredValues() {}

    static JsonNode node(String text) {
        return NODES.stringNode(text);
    }

    static ArrayNode list(List<String> texts) {
        ArrayNode array = NODES.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    static JsonNode texts(String field, JsonNode node) {
        return list(Body.texts(field, node));
    }

    /** In alphabetical order: the order says nothing. */
    static JsonNode names(String field, JsonNode node) {
        return list(new ArrayList<>(new TreeSet<>(Body.texts(field, node))));
    }

    static JsonNode globs(String field, JsonNode node) {
        return list(Readers.globs(field, node).stream().map(Glob::pattern).toList());
    }

    static JsonNode glob(String field, JsonNode node) {
        return node(Readers.glob(field, node).pattern());
    }

    static JsonNode integer(String field, JsonNode node) {
        return NODES.numberNode(Body.integer(field, node));
    }

    static JsonNode map(String field, JsonNode node) {
        ObjectNode out = NODES.objectNode();
        new TreeMap<>(Body.entries(field, node)).forEach(out::put);
        return out;
    }

    static JsonNode instant(String field, JsonNode node) {
        try {
            Instant at = OffsetDateTime.parse(Body.text(field, node)).toInstant();
            return node(Shapes.time(at).toString());
        } catch (DateTimeParseException e) {
            throw new InvalidValueException(field, "must be a time as 2027-01-31T00:00:00Z");
        }
    }

    static JsonNode matching(String field, JsonNode node, Pattern pattern, String rule) {
        if (!pattern.matcher(Body.text(field, node)).matches()) {
            throw new InvalidValueException(field, rule);
        }
        return node;
    }

    /** A login has no place in a file: {@code ***@} stands for the one that is there. */
    static JsonNode proxy(String field, JsonNode node) {
        String text = Body.text(field, node);
        int at = text.indexOf('@');
        if (at >= 0 && !text.startsWith("http://" + DeclaredFields.HIDDEN + "@")) {
            throw new InvalidValueException(
                    field,
                    "must not have a login here; set it with llmproxyctl provider update --proxy, and write http://"
                            + DeclaredFields.HIDDEN + "@host:port");
        }
        return node;
    }

    /** A number, with quotes around it or without, as it is written. */
    static JsonNode number(String field, JsonNode node) {
        return node(node.isNumber() ? node.asString() : Body.text(field, node));
    }

    /** A decimal number, with quotes around it or without; one that would be long to write out stays as it is written. */
    static String money(String field, JsonNode node) {
        if (!node.isNumber()) {
            return Body.text(field, node);
        }
        BigDecimal number = node.decimalValue();
        return Math.abs((long) number.scale()) <= MAX_SCALE ? number.toPlainString() : number.toString();
    }
}
