package io.llmproxy.adapter.admin;

import io.llmproxy.admin.Change;
import io.llmproxy.admin.MapChange;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON object that a caller sent, read field by field. Every message names the field and none repeats a value of the
 * body, which may be a credential.
 */
final class Body {
    private final JsonNode object;

    private Body(JsonNode object) {
        this.object = object;
    }

    /** An object that was read already. */
    static Body of(ObjectNode object) {
        return new Body(object);
    }

    /** @param bytes nothing at all counts as an empty object */
    static Body parse(byte[] bytes) {
        if (bytes.length == 0) {
            return new Body(Json.MAPPER.createObjectNode());
        }
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String where = at == null || at.getLineNr() < 1
                    ? ""
                    : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw Problem.invalid("the body is not well-formed JSON" + where);
        }
        if (!node.isObject()) {
            throw Problem.invalid("the body must be a JSON object");
        }
        return new Body(node);
    }

    /** @throws Problem naming the fields that are not among those known */
    Body only(String... known) {
        Set<String> unknown = new TreeSet<>(object.propertyNames());
        unknown.removeAll(Set.of(known));
        if (!unknown.isEmpty()) {
            List<String> quoted = unknown.stream()
                    .limit(5)
                    .map(io.llmproxy.domain.Checks::quoted)
                    .toList();
            throw Problem.invalid("unknown field" + (unknown.size() == 1 ? " " : "s ") + String.join(", ", quoted)
                    + "; known here: " + String.join(", ", known));
        }
        return this;
    }

    <T> @Nullable T value(String field, BiFunction<String, JsonNode, T> reader) {
        JsonNode node = object.get(field);
        return node == null || node.isNull() ? null : reader.apply(field, node);
    }

    <T> T value(String field, BiFunction<String, JsonNode, T> reader, T absent) {
        T value = value(field, reader);
        return value == null ? absent : value;
    }

    <T> T required(String field, BiFunction<String, JsonNode, T> reader) {
        T value = value(field, reader);
        if (value == null) {
            throw new InvalidValueException(field, "must be given");
        }
        return value;
    }

    /** Absent: unchanged; null: cleared (RFC 7396). */
    <T> Change<T> change(String field, BiFunction<String, JsonNode, T> reader) {
        return object.has(field) ? Change.to(value(field, reader)) : Change.none();
    }

    MapChange mapChange(String field) {
        JsonNode node = object.get(field);
        if (node == null) {
            return MapChange.NONE;
        }
        if (node.isNull()) {
            return new MapChange(true, Map.of(), Set.of());
        }
        requireObject(field, node);
        Map<String, String> set = new HashMap<>();
        Set<String> remove = new HashSet<>();
        node.properties().forEach(e -> {
            if (e.getValue().isNull()) {
                remove.add(e.getKey());
            } else {
                set.put(e.getKey(), text(field, e.getValue()));
            }
        });
        return new MapChange(false, set, remove);
    }

    static String text(String field, JsonNode node) {
        if (!node.isString()) {
            throw new InvalidValueException(field, "must be a string");
        }
        return node.stringValue();
    }

    static Integer integer(String field, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw new InvalidValueException(field, "must be a whole number");
        }
        return node.intValue();
    }

    static Long wholeNumber(String field, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw new InvalidValueException(field, "must be a whole number");
        }
        return node.longValue();
    }

    static Boolean bool(String field, JsonNode node) {
        if (!node.isBoolean()) {
            throw new InvalidValueException(field, "must be true or false");
        }
        return node.booleanValue();
    }

    static List<String> texts(String field, JsonNode node) {
        if (!node.isArray()) {
            throw new InvalidValueException(field, "must be an array of strings");
        }
        if (node.size() > 1000) {
            throw new InvalidValueException(field, "has " + node.size() + " entries; at most 1000 are allowed");
        }
        List<String> out = new ArrayList<>();
        node.values().forEach(v -> out.add(text(field, v)));
        return out;
    }

    static Map<String, String> entries(String field, JsonNode node) {
        requireObject(field, node);
        Map<String, String> out = new HashMap<>();
        node.properties().forEach(e -> out.put(e.getKey(), text(field, e.getValue())));
        return out;
    }

    private static void requireObject(String field, JsonNode node) {
        if (!node.isObject()) {
            throw new InvalidValueException(field, "must be an object with string values");
        }
    }
}
