package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.domain.chat.JsonText;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Google's {@code Schema}, a part of OpenAPI's, as JSON schema: types in lower case, {@code nullable} as a type, bounds as numbers; the
 * order of properties is a hint that JSON schema does not have.
 */
final class GeminiSchema {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private GeminiSchema() {}

    static JsonText read(JsonNode schema) {
        return new JsonText(json(schema).toString());
    }

    private static JsonNode json(JsonNode schema) {
        if (!(schema instanceof ObjectNode object)) {
            return schema;
        }
        ObjectNode out = NODES.objectNode();
        boolean nullable = object.path("nullable").asBoolean(false);
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            String name = GeminiNames.camel(member.getKey());
            JsonNode value = member.getValue();
            switch (name) {
                case "nullable", "propertyOrdering" -> {}
                case "type" -> out.set(name, type(value, nullable));
                case "properties", "defs", "$defs" -> out.set(name, each(value));
                case "items", "additionalProperties" -> out.set(name, json(value));
                case "anyOf", "oneOf", "allOf", "prefixItems" -> out.set(name, all(value));
                case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties" ->
                    out.set(name, whole(value));
                default -> out.set(name.equals("example") ? "examples" : name, example(name, value));
            }
        }
        return out;
    }

    private static JsonNode example(String name, JsonNode value) {
        return name.equals("example") ? NODES.arrayNode().add(value) : value;
    }

    private static JsonNode type(JsonNode type, boolean nullable) {
        if (!type.isString()) {
            return type;
        }
        JsonNode lower = NODES.stringNode(type.stringValue().toLowerCase(Locale.ROOT));
        return nullable ? NODES.arrayNode().add(lower).add("null") : lower;
    }

    private static JsonNode each(JsonNode members) {
        if (!(members instanceof ObjectNode object)) {
            return members;
        }
        ObjectNode out = NODES.objectNode();
        object.properties().forEach(e -> out.set(e.getKey(), json(e.getValue())));
        return out;
    }

    private static JsonNode all(JsonNode schemas) {
        if (!(schemas instanceof ArrayNode array)) {
            return schemas;
        }
        ArrayNode out = NODES.arrayNode();
        array.forEach(s -> out.add(json(s)));
        return out;
    }

    /** A whole number of 64 bits is a string in ProtoJSON. */
    private static JsonNode whole(JsonNode value) {
        if (value.isString()) {
            try {
                return NODES.numberNode(Long.parseLong(value.stringValue()));
            } catch (NumberFormatException e) {
                return value;
            }
        }
        return value;
    }
}
