package io.llmproxy.testing;

import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Streams as each API does, told apart by its path: a call of {@code weather} for Zürich, or {@value #REPLY} once the request has the
 * result {@value #RESULT}; 7 + 3 tokens.
 */
public final class FakeSellers implements Script {
    public static final String REPLY = "Hello from the fake.";

    /** What a tool must say. */
    public static final String RESULT = "sunny";

    /** What Gemini signs its call with, as long as such signatures are. */
    public static final String SIGNATURE = "EjQKMgEM" + "w+j/".repeat(300) + "qg==";

    private static final String JSON_CALL = "{\"name\":\"weather\",\"args\":{\"city\":\"Zürich\"}}";

    @Override
    public void play(FakeConnection c) throws IOException {
        String path = c.request().path();
        boolean told = c.request().text().contains(RESULT);
        if (path.endsWith("/chat/completions")) {
            openAi(c, told);
        } else if (path.endsWith("/responses")) {
            responses(c, told);
        } else if (path.endsWith("/messages")) {
            anthropic(c, told);
        } else if (path.endsWith(":streamGenerateContent")) {
            gemini(c, told);
        } else if (path.equals("/api/chat")) {
            ollama(c, told);
        } else if (path.equals("/v2/chat")) {
            cohere(c, told);
        } else if (path.endsWith("/converse-stream")) {
            bedrock(c, told);
        } else {
            c.answer(404, "{}".getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void openAi(FakeConnection c, boolean told) throws IOException {
        String before =
                "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[";
        String call = "\"tool_calls\":[{\"index\":0,\"id\":\"call_1aB2c3\",\"type\":\"function\",\"function\":"
                + "{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Zürich\\\"}\"}}]";
        String said = told ? "\"content\":\"" + REPLY + "\"" : "\"content\":null," + call;
        String reason = told ? "stop" : "tool_calls";
        c.head(200, "Content-Type", "text/event-stream");
        c.event(before + "{\"index\":0,\"delta\":{\"role\":\"assistant\"," + said + "},\"finish_reason\":null}]}");
        c.event(before + "{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}");
        c.event(before + "],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}");
        c.event("[DONE]").lastChunk();
    }

    private static void responses(FakeConnection c, boolean told) throws IOException {
        String item = told
                ? "{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":"
                        + "[{\"type\":\"output_text\",\"annotations\":[],\"text\":\"" + REPLY + "\"}]}"
                : "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1aB2c3\",\"name\":\"weather\","
                        + "\"status\":\"completed\",\"arguments\":\"{\\\"city\\\":\\\"Zürich\\\"}\"}";
        String begun = "\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"model\":\"m\","
                + "\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},\"temperature\":1.0,"
                + "\"top_p\":1.0,\"parallel_tool_calls\":true,\"tool_choice\":\"auto\",\"tools\":[],";
        c.head(200, "Content-Type", "text/event-stream");
        named(c, "response.created", "\"sequence_number\":0," + begun + "\"status\":\"in_progress\",\"output\":[]}");
        named(c, "response.output_item.done", "\"sequence_number\":1,\"output_index\":0,\"item\":" + item);
        named(
                c,
                "response.completed",
                "\"sequence_number\":2," + begun + "\"status\":\"completed\",\"output\":[" + item
                        + "],\"usage\":{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},\"output_tokens\":3,"
                        + "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":10}}");
        c.lastChunk();
    }

    private static void anthropic(FakeConnection c, boolean told) throws IOException {
        String block = told
                ? "{\"type\":\"text\",\"text\":\"\"}"
                : "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{}}";
        String delta = told
                ? "{\"type\":\"text_delta\",\"text\":\"" + REPLY + "\"}"
                : "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\":\\\"Zürich\\\"}\"}";
        String reason = told ? "end_turn" : "tool_use";
        c.head(200, "Content-Type", "text/event-stream");
        named(
                c,
                "message_start",
                "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],"
                        + "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}");
        named(c, "content_block_start", "\"index\":0,\"content_block\":" + block);
        named(c, "content_block_delta", "\"index\":0,\"delta\":" + delta);
        named(c, "content_block_stop", "\"index\":0");
        named(
                c,
                "message_delta",
                "\"delta\":{\"stop_reason\":\"" + reason
                        + "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":3}");
        c.chunk("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n").lastChunk();
    }

    private static void named(FakeConnection c, String type, String members) throws IOException {
        c.chunk("event: " + type + "\ndata: {\"type\":\"" + type + "\"," + members + "}\n\n");
    }

    private static void gemini(FakeConnection c, boolean told) throws IOException {
        String part = told
                ? "{\"text\":\"" + REPLY + "\"}"
                : "{\"functionCall\":" + JSON_CALL + ",\"thoughtSignature\":\"" + SIGNATURE + "\"}";
        c.head(200, "Content-Type", "text/event-stream");
        c.chunk("data: {\"candidates\":[{\"content\":{\"parts\":[" + part
                        + "],\"role\":\"model\"},\"finishReason\":\"STOP\","
                        + "\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":3,"
                        + "\"totalTokenCount\":10},\"modelVersion\":\"m\",\"responseId\":\"r1\"}\r\n\r\n")
                .lastChunk();
    }

    private static void ollama(FakeConnection c, boolean told) throws IOException {
        String before =
                "{\"model\":\"m\",\"created_at\":\"2025-06-15T15:06:40.5Z\",\"message\":{\"role\":\"assistant\",";
        String call = "\"content\":\"\",\"tool_calls\":[{\"function\":" + JSON_CALL.replace("args", "arguments") + "}]";
        c.head(200, "Content-Type", "application/x-ndjson");
        c.chunk(before + (told ? "\"content\":\"" + REPLY + "\"" : call) + "},\"done\":false}\n");
        c.chunk(before + "\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"total_duration\":5,"
                        + "\"prompt_eval_count\":7,\"eval_count\":3}\n")
                .lastChunk();
    }

    private static void cohere(FakeConnection c, boolean told) throws IOException {
        c.head(200, "Content-Type", "text/event-stream");
        c.event(
                "{\"id\":\"c1\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],"
                        + "\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}");
        if (told) {
            c.event(
                    "{\"type\":\"content-start\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}}");
            c.event("{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"" + REPLY
                    + "\"}}}}");
            c.event("{\"type\":\"content-end\",\"index\":0}");
        } else {
            c.event(
                    "{\"type\":\"tool-call-start\",\"index\":0,\"delta\":{\"message\":{\"tool_calls\":{\"id\":\"weather_1\","
                            + "\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}}}}");
            c.event("{\"type\":\"tool-call-delta\",\"index\":0,\"delta\":{\"message\":{\"tool_calls\":{\"function\":"
                    + "{\"arguments\":\"{\\\"city\\\":\\\"Zürich\\\"}\"}}}}}");
            c.event("{\"type\":\"tool-call-end\",\"index\":0}");
        }
        c.event("{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"" + (told ? "COMPLETE" : "TOOL_CALL")
                        + "\",\"usage\":{\"billed_units\":{\"input_tokens\":7,\"output_tokens\":3}}}}")
                .lastChunk();
    }

    private static void bedrock(FakeConnection c, boolean told) throws IOException {
        String block = told
                ? "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"" + REPLY + "\"}}"
                : "contentBlockStart {\"contentBlockIndex\":0,\"start\":{\"toolUse\":{\"name\":\"weather\",\"toolUseId\":\"tooluse_1\"}}}\n"
                        + "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"toolUse\":{\"input\":\"{\\\"city\\\":\\\"Zürich\\\"}\"}}}";
        c.head(200, "Content-Type", "application/vnd.amazon.eventstream");
        c.chunk(
                        AwsMessages.ofLines(
                                "messageStart {\"role\":\"assistant\"}\n" + block
                                        + "\ncontentBlockStop {\"contentBlockIndex\":0}\nmessageStop {\"stopReason\":\""
                                        + (told ? "end_turn" : "tool_use")
                                        + "\"}\nmetadata {\"metrics\":{\"latencyMs\":1},\"usage\":{\"inputTokens\":7,\"outputTokens\":3,\"totalTokens\":10}}"))
                .lastChunk();
    }
}
