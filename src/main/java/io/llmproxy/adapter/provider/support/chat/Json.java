package io.llmproxy.adapter.provider.support.chat;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Trees of JSON. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // a schema and a call's arguments go on as they were written
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Json() {}

    /** A number that is one for a double, too; NaN: it is none. */
    public static double number(JsonNode value) {
        double number = value.isNumber() ? value.asDouble(Double.NaN) : Double.NaN;
        return Double.isFinite(number) ? number : Double.NaN;
    }

    /** Exactly one value; missing where the bytes are not that. */
    public static JsonNode parse(byte[] bytes, int length) {
        try {
            JsonNode node = MAPPER.readTree(bytes, 0, length);
            return node == null ? MissingNode.getInstance() : node;
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    public static JsonNode parse(byte[] bytes) {
        return parse(bytes, bytes.length);
    }

    /** A string member; null where there is none. */
    public static @Nullable String text(JsonNode object, String name) {
        return object.path(name).stringValue(null);
    }

    public static String text(JsonNode object, String name, String otherwise) {
        String text = text(object, name);
        return text == null ? otherwise : text;
    }

    /** A plausible count; -1 where there is none. */
    public static long count(JsonNode object, String name) {
        return count(object.path(name));
    }

    /** As {@link #count(JsonNode, String)}, of a list's member. */
    public static long count(JsonNode list, int index) {
        return count(list.path(index));
    }

    private static long count(JsonNode value) {
        boolean plausible = value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0;
        return plausible && value.longValue() < 1_000_000_000_000L ? value.longValue() : -1;
    }
}
