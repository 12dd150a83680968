package io.llmproxy.cli;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON text to trees and back. It goes round Jackson's ObjectMapper, whose start alone takes longer than everything else that
 * {@code llmproxyctl status} does.
 */
final class Json {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_DEPTH = 64;
    private static final int MAX_SCALE = 100;

    private Json() {}

    static ObjectNode object() {
        return NODES.objectNode();
    }

    static ArrayNode array() {
        return NODES.arrayNode();
    }

    /** @throws JacksonException where the bytes are no JSON text */
    static JsonNode parse(byte[] bytes) {
        return parse(bytes, false);
    }

    /**
     * The same, but no object may have two members of one name.
     *
     * @throws JacksonException where the bytes are no such JSON text
     */
    static JsonNode parseStrictly(byte[] bytes) {
        return parse(bytes, true);
    }

    private static JsonNode parse(byte[] bytes, boolean strict) {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, strict)
                .build();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), bytes)) {
            parser.nextToken();
            JsonNode node = value(parser);
            if (parser.nextToken() != null) {
                throw new StreamReadException(parser, "more than one value");
            }
            return node;
        }
    }

    private static JsonNode value(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new StreamReadException(parser, "no value");
        }
        return switch (token) {
            case START_OBJECT -> members(parser);
            case START_ARRAY -> elements(parser);
            case VALUE_STRING -> NODES.stringNode(parser.getString());
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> throw new StreamReadException(parser, "no value");
        };
    }

    private static JsonNode members(JsonParser parser) {
        ObjectNode node = object();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            node.set(name, value(parser));
        }
        return node;
    }

    private static JsonNode elements(JsonParser parser) {
        ArrayNode node = array();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            node.add(value(parser));
        }
        return node;
    }

    private static JsonNode integer(JsonParser parser) {
        return switch (parser.getNumberType()) {
            case INT, LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
        };
    }

    /** A scalar as plain text, {@code ""} for null and for what is missing, a container as compact JSON. */
    static String text(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return "";
        }
        return node.isString() ? node.stringValue() : compact(node);
    }

    static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull() || node.isContainer() && node.isEmpty();
    }

    static String compact(JsonNode node) {
        StringBuilder out = new StringBuilder();
        write(out, node, -1);
        return out.toString();
    }

    /** Two spaces a level; the lines after the first begin {@code level} levels in. */
    static String pretty(JsonNode node, int level) {
        StringBuilder out = new StringBuilder();
        write(out, node, level);
        return out.toString();
    }

    private static void write(StringBuilder out, JsonNode node, int level) {
        if (node.isObject()) {
            writeObject(out, node, level);
        } else if (node.isArray()) {
            writeArray(out, node, level);
        } else if (node.isString()) {
            quote(out, node.stringValue());
        } else if (node.isBigDecimal()) {
            BigDecimal number = node.decimalValue();
            out.append(sensible(number) ? number.toPlainString() : number.toString());
        } else {
            out.append(node.isNull() || node.isMissingNode() ? "null" : node.asString());
        }
    }

    /** Whether a number may be written out: one such as 1e-999999999 would be a gigabyte of zeros. */
    static boolean sensible(BigDecimal number) {
        return Math.abs((long) number.scale()) <= MAX_SCALE;
    }

    private static void writeObject(StringBuilder out, JsonNode node, int level) {
        out.append('{');
        Iterator<Map.Entry<String, JsonNode>> members = node.properties().iterator();
        while (members.hasNext()) {
            Map.Entry<String, JsonNode> member = members.next();
            newLine(out, inner(level));
            quote(out, member.getKey());
            out.append(level < 0 ? ":" : ": ");
            write(out, member.getValue(), inner(level));
            out.append(members.hasNext() ? "," : "");
        }
        if (!node.isEmpty()) {
            newLine(out, level);
        }
        out.append('}');
    }

    private static void writeArray(StringBuilder out, JsonNode node, int level) {
        out.append('[');
        Iterator<JsonNode> elements = node.values().iterator();
        while (elements.hasNext()) {
            newLine(out, inner(level));
            write(out, elements.next(), inner(level));
            out.append(elements.hasNext() ? "," : "");
        }
        if (!node.isEmpty()) {
            newLine(out, level);
        }
        out.append(']');
    }

    private static int inner(int level) {
        return level < 0 ? level : level + 1;
    }

    private static void newLine(StringBuilder out, int level) {
        if (level >= 0) {
            out.append('\n').repeat("  ", level);
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ' || c >= 0x7f && c < 0xa0) {
                        out.append("\\u00")
                                .append(Character.forDigit(c >> 4, 16))
                                .append(Character.forDigit(c & 15, 16));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
