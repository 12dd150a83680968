package io.llmproxy.testing.anthropic;

import io.llmproxy.testing.openai.Call;
import io.llmproxy.testing.openai.Routes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Messages, whole and streamed: {@value #REPLY} and 7 + 3 tokens. A call of {@code weather} comes where the request has tools and its
 * last message no result; a signed thought where thinking is on; JSON where a format is asked for.
 */
final class FakeMessages {
    static final String REPLY = "Hello from the fake.";

    private static final String INPUT = "{\"city\":\"Zürich\"}";
    private static final String USAGE = """
            {"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":%d,"service_tier":"standard"}""";
    private static final String MESSAGE = """
            {"id":"msg_1","type":"message","role":"assistant","model":%s,"content":[%s],"stop_reason":%s,"stop_sequence":null,\
            "usage":%s}""";

    private FakeMessages() {}

    static void routes(Routes routes) {
        routes.on("POST /messages", FakeMessages::answer).json("POST /messages/count_tokens", """
                {"input_tokens":11}""");
    }

    private static void answer(Call call) throws IOException {
        JsonNode body = call.json();
        String model = Call.quoted(body.path("model").asString("claude-sonnet-4-5"));
        List<String> blocks = blocks(body);
        String reason = calls(body) ? "\"tool_use\"" : "\"end_turn\"";
        if (body.path("stream").asBoolean(false)) {
            call.typedEvents(events(model, blocks, reason));
        } else {
            call.json(MESSAGE.formatted(model, String.join(",", blocks), reason, USAGE.formatted(3)));
        }
    }

    private static boolean calls(JsonNode body) {
        JsonNode messages = body.path("messages");
        return body.has("tools")
                && !messages.path(messages.size() - 1).toString().contains("tool_result");
    }

    private static List<String> blocks(JsonNode body) {
        List<String> blocks = new ArrayList<>();
        String thinking = body.path("thinking").path("type").asString("disabled");
        if (!thinking.equals("disabled")) {
            blocks.add("{\"type\":\"thinking\",\"thinking\":\"Let me see.\",\"signature\":\"c2lnbmVk\"}");
            blocks.add("{\"type\":\"redacted_thinking\",\"data\":\"aGlkZGVu\"}");
        }
        if (calls(body)) {
            blocks.add("{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":" + INPUT + "}");
        } else {
            boolean json = body.path("output_config").has("format") || body.has("output_format");
            String text = json ? INPUT : REPLY;
            blocks.add("{\"type\":\"text\",\"text\":" + Call.quoted(text) + ",\"citations\":null}");
        }
        return blocks;
    }

    private static List<String> events(String model, List<String> blocks, String reason) {
        List<String> events = new ArrayList<>();
        String start = MESSAGE.formatted(model, "", "null", USAGE.formatted(1));
        events.add("{\"type\":\"message_start\",\"message\":" + start + "}");
        events.add("{\"type\":\"ping\"}");
        for (int i = 0; i < blocks.size(); i++) {
            block(events, i, blocks.get(i));
        }
        events.add("""
                {"type":"message_delta","delta":{"stop_reason":%s,"stop_sequence":null},"usage":{"output_tokens":3}}""".formatted(reason));
        events.add("{\"type\":\"message_stop\"}");
        return events;
    }

    private static void block(List<String> events, int index, String block) {
        String type = block.substring(9, block.indexOf('"', 9));
        String start = switch (type) {
            case "text" -> "{\"type\":\"text\",\"text\":\"\"}";
            case "thinking" -> "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}";
            case "tool_use" -> block.replace(INPUT, "{}");
            default -> block;
        };
        events.add("{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":" + start + "}");
        switch (type) {
            case "text" -> {
                String text = block.contains("city") ? INPUT : REPLY;
                for (String word : text.split("(?<=[ :])", -1)) {
                    delta(events, index, "text_delta", "text", word);
                }
            }
            case "thinking" -> {
                delta(events, index, "thinking_delta", "thinking", "Let me see.");
                delta(events, index, "signature_delta", "signature", "c2lnbmVk");
            }
            case "tool_use" -> {
                delta(events, index, "input_json_delta", "partial_json", "");
                delta(events, index, "input_json_delta", "partial_json", "{\"city\":");
                delta(events, index, "input_json_delta", "partial_json", "\"Zürich\"}");
            }
            default -> {}
        }
        events.add("{\"type\":\"content_block_stop\",\"index\":" + index + "}");
    }

    private static void delta(List<String> events, int index, String type, String member, String text) {
        events.add("{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":\"%s\",\"%s\":%s}}"
                .formatted(index, type, member, Call.quoted(text)));
    }
}
