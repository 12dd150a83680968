package io.llmproxy.adapter.provider.simulated;

import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a simulated model says to one request, before it is put in a format.
 *
 * @param calls of tools, in the place of a text
 * @param cut whether it would have said more than the request allows
 * @param includeUsage whether a stream tells its usage
 */
record Reply(
        JsonMapper json,
        String model,
        long createdAt,
        List<String> tokens,
        List<SimulatedTools.Call> calls,
        int promptTokens,
        boolean cut,
        boolean includeUsage) {

    String text() {
        return String.join("", tokens);
    }

    String id(String prefix) {
        return prefix + Integer.toHexString(text().hashCode()) + Long.toHexString(createdAt);
    }

    String finish() {
        return cut ? "length" : calls.isEmpty() ? "stop" : "tool_calls";
    }

    ObjectNode object(String idPrefix, String type) {
        return json.createObjectNode()
                .put("id", id(idPrefix))
                .put("object", type)
                .put("created", createdAt)
                .put("model", model);
    }

    ObjectNode usage() {
        return json.createObjectNode()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", tokens.size())
                .put("total_tokens", promptTokens + tokens.size());
    }
}
