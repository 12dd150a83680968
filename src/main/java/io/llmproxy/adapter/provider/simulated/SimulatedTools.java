package io.llmproxy.adapter.provider.simulated;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Which tools of a chat a simulated model calls: its first ones, each once, with what the user said last in the place of every string. */
final class SimulatedTools {
    private SimulatedTools() {}

    /** @param arguments a JSON object */
    record Call(String id, String name, String arguments) {}

    /** None where the tools have told their results, there are none, or none is to be called. */
    static List<Call> called(JsonMapper json, JsonNode request, String said, int most) {
        JsonNode messages = request.path("messages");
        String last = messages.path(messages.size() - 1).path("role").asString("");
        JsonNode choice = request.path("tool_choice");
        if (last.equals("tool") || choice.asString("").equals("none")) {
            return List.of();
        }
        String named = choice.at("/function/name").asString("");
        List<Call> calls = new ArrayList<>();
        for (JsonNode tool : request.path("tools")) {
            JsonNode function = tool.path("function");
            String name = function.path("name").asString("");
            if (calls.size() < most && !name.isEmpty() && (named.isEmpty() || named.equals(name))) {
                calls.add(new Call(id(name, calls.size()), name, arguments(json, function, said)));
            }
        }
        return calls;
    }

    /** The same for the same request. */
    private static String id(String name, int index) {
        return "call_" + index + Integer.toHexString(name.hashCode());
    }

    private static String arguments(JsonMapper json, JsonNode function, String said) {
        ObjectNode arguments = json.createObjectNode();
        function.at("/parameters/properties").forEachEntry((name, schema) -> {
            if (schema.path("type").asString("").equalsIgnoreCase("string")) {
                arguments.put(name, said);
            }
        });
        return json.writeValueAsString(arguments);
    }
}
