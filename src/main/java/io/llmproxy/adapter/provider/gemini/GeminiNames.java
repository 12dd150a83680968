package io.llmproxy.adapter.provider.gemini;

import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Members may be written {@code likeThis} or {@code like_this} (ProtoJSON); they are read the first way. */
final class GeminiNames {
    /** What is in these is the client's own. */
    private static final Set<String> FREE = Set.of(
            "args",
            "response",
            "parameters",
            "parametersJsonSchema",
            "responseSchema",
            "responseJsonSchema",
            "_responseJsonSchema",
            "labels",
            "partMetadata");

    private GeminiNames() {}

    static JsonNode plain(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                String name = camel(member.getKey());
                out.set(name, FREE.contains(name) ? member.getValue() : plain(member.getValue()));
            }
            return out;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode out = JsonNodeFactory.instance.arrayNode(array.size());
            array.forEach(item -> out.add(plain(item)));
            return out;
        }
        return node;
    }

    static String camel(String name) {
        if (name.indexOf('_') < 0) {
            return name;
        }
        StringBuilder out = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '_' && i > 0 && i + 1 < name.length()) {
                out.append(Character.toUpperCase(name.charAt(++i)));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
