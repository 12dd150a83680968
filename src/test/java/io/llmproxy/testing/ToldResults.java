package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which result a model takes for which call's, read from a request as the API that it was sent to does: by ids, or by their order where it
 * knows none. All results of a turn must be there, right behind the calls.
 */
public final class ToldResults {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What models make of a conversation: calls by id, and results with the id of a call. */
    private final Map<String, JsonNode> calls = new LinkedHashMap<>();

    private final Map<String, String> results = new LinkedHashMap<>();
    private final JsonNode request;

    private ToldResults(JsonNode request) {
        this.request = request;
    }

    /** The results by the arguments of their calls, which are read from a string of JSON where the API has one. */
    public static Map<JsonNode, String> of(FakeProvider.Request asked) {
        ToldResults told = new ToldResults(JSON.readTree(asked.text()));
        String path = asked.path();
        if (path.endsWith("/responses")) {
            told.responses();
        } else if (path.endsWith("/messages")) {
            told.turns(false);
        } else if (path.endsWith(":streamGenerateContent")) {
            told.gemini();
        } else if (path.endsWith("/converse-stream")) {
            told.turns(true);
        } else {
            told.chat(path.equals("/api/chat"));
        }
        return told.byArguments();
    }

    private Map<JsonNode, String> byArguments() {
        assertThat(results.keySet()).containsExactlyInAnyOrderElementsOf(calls.keySet());
        Map<JsonNode, String> out = new LinkedHashMap<>();
        calls.forEach((id, arguments) -> out.put(
                arguments.isString() ? JSON.readTree(arguments.stringValue()) : arguments,
                Objects.requireNonNull(results.get(id))));
        return out;
    }

    private void call(String id, JsonNode arguments) {
        assertThat(calls.put(id, arguments))
                .as("another call with the id " + id)
                .isNull();
    }

    private void result(String id, JsonNode content) {
        String text = content.isString()
                ? content.stringValue()
                : content.path(0).path("text").stringValue();
        assertThat(results.put(id, text)).as("another result of " + id).isNull();
    }

    /** Messages of OpenAI, Cohere and Ollama, of which the last goes by the order. */
    private void chat(boolean ordered) {
        List<String> open = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            if (message.path("role").asString().equals("tool")) {
                assertThat(open).as("calls that this could be the result of").isNotEmpty();
                String id =
                        ordered ? open.getFirst() : message.path("tool_call_id").stringValue();
                assertThat(open.remove(id)).as("a call " + id).isTrue();
                result(id, message.path("content"));
            } else {
                assertThat(open).as("calls without a result").isEmpty();
            }
            for (JsonNode call : message.path("tool_calls")) {
                String id = ordered ? "call " + calls.size() : call.path("id").stringValue();
                call(id, call.path("function").path("arguments"));
                open.add(id);
            }
        }
    }

    private void responses() {
        for (JsonNode item : request.path("input")) {
            switch (item.path("type").asString("")) {
                case "function_call" -> call(item.path("call_id").stringValue(), item.path("arguments"));
                case "function_call_output" -> result(item.path("call_id").stringValue(), item.path("output"));
                default -> {}
            }
        }
    }

    /** Turns of Anthropic and Bedrock: results stand first in the turn behind their calls. */
    private void turns(boolean bedrock) {
        int open = 0;
        for (JsonNode turn : request.path("messages")) {
            int calledBefore = open;
            open = 0;
            int place = 0;
            for (JsonNode block : turn.path("content")) {
                JsonNode call = bedrock ? block.path("toolUse") : of(block, "tool_use");
                JsonNode said = bedrock ? block.path("toolResult") : of(block, "tool_result");
                if (call.isObject()) {
                    call(call.path(bedrock ? "toolUseId" : "id").stringValue(), call.path("input"));
                    open++;
                } else if (said.isObject()) {
                    assertThat(place).as("the result's place").isLessThan(calledBefore);
                    result(said.path(bedrock ? "toolUseId" : "tool_use_id").stringValue(), said.path("content"));
                }
                place++;
            }
        }
        assertThat(open).as("calls without a result").isZero();
    }

    private static JsonNode of(JsonNode block, String type) {
        return block.path("type").asString("").equals(type) ? block : JSON.missingNode();
    }

    /** By ids where both have one; the order has to be right all the same, since models before generation 3 go by it. */
    private void gemini() {
        List<String> open = new ArrayList<>();
        for (JsonNode turn : request.path("contents")) {
            for (JsonNode part : turn.path("parts")) {
                JsonNode call = part.path("functionCall");
                JsonNode said = part.path("functionResponse");
                if (call.isObject()) {
                    open.add(call.path("id").asString("call " + calls.size()));
                    call(open.getLast(), call.path("args"));
                } else if (said.isObject()) {
                    assertThat(said.path("name").asString()).isEqualTo("weather");
                    String id = said.path("id").asString(open.getFirst());
                    assertThat(open.remove(id)).as("a call " + id).isTrue();
                    result(id, said.path("response").path("output"));
                }
            }
        }
    }
}
