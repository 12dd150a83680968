package io.llmproxy.testing;

import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Streams as each API does, told apart by its path: a call of {@code weather} for each of the {@link #CITIES} that the request names, its
 * arguments in pieces where the API has them so, or {@value #REPLY} once the request has the result {@value #RESULT}; 7 + 3 tokens.
 */
public final class FakeSellers implements Script {
    public static final String REPLY = "Hello from the fake.";

    /** What a tool must say. */
    public static final String RESULT = "sunny";

    /** What Gemini signs its call with, as long as such signatures are. */
    public static final String SIGNATURE = "EjQKMgEM" + "w+j/".repeat(300) + "qg==";

    /** What the model knows to be cities. */
    public static final List<String> CITIES = List.of("Zürich", "Oslo");

    /** A call that the model makes; {@code index} counts them. */
    private record Call(int index, String city) {
        /** In the form that the API gives its ids. */
        String id(String prefix) {
            return prefix + "1aB2c" + index;
        }

        String arguments() {
            return "{\"city\":\"" + city + "\"}";
        }

        /** As tokens come, each as a string of JSON. */
        List<String> pieces() {
            String all = arguments();
            return Stream.of(all.substring(0, 4), all.substring(4, 12), all.substring(12))
                    .map(Call::quoted)
                    .toList();
        }

        static String quoted(String text) {
            return "\"" + text.replace("\"", "\\\"") + "\"";
        }
    }

    private static List<Call> calls(String request) {
        if (request.contains(RESULT)) {
            return List.of();
        }
        List<Call> calls = new ArrayList<>();
        CITIES.stream().filter(request::contains).forEach(city -> calls.add(new Call(calls.size(), city)));
        return calls;
    }

    @Override
    public void play(FakeConnection c) throws IOException {
        String path = c.request().path();
        List<Call> calls = calls(c.request().text());
        if (path.endsWith("/chat/completions")) {
            openAi(c, calls);
        } else if (path.endsWith("/responses")) {
            responses(c, calls);
        } else if (path.endsWith("/messages")) {
            anthropic(c, calls);
        } else if (path.endsWith(":streamGenerateContent")) {
            gemini(c, calls);
        } else if (path.equals("/api/chat")) {
            ollama(c, calls);
        } else if (path.equals("/v2/chat")) {
            cohere(c, calls);
        } else if (path.endsWith("/converse-stream")) {
            bedrock(c, calls);
        } else {
            c.answer(404, "{}".getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Pieces of several calls may come in any order: each has its call's index. */
    private static void openAi(FakeConnection c, List<Call> calls) throws IOException {
        String before =
                "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[";
        String said = calls.isEmpty() ? "\"" + REPLY + "\"" : "null";
        String reason = calls.isEmpty() ? "stop" : "tool_calls";
        c.head(200, "Content-Type", "text/event-stream");
        c.event(before + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":" + said
                + "},\"finish_reason\":null}]}");
        List<String> deltas = new ArrayList<>();
        calls.forEach(call -> deltas.add("{\"index\":" + call.index() + ",\"id\":\"" + call.id("call_")
                + "\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}"));
        for (int piece = 0; piece < 3; piece++) {
            for (Call call : calls) {
                deltas.add("{\"index\":" + call.index() + ",\"function\":{\"arguments\":"
                        + call.pieces().get(piece) + "}}");
            }
        }
        for (String delta : deltas) {
            c.event(before + "{\"index\":0,\"delta\":{\"tool_calls\":[" + delta + "]},\"finish_reason\":null}]}");
        }
        c.event(before + "{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}");
        c.event(before + "],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}");
        c.event("[DONE]").lastChunk();
    }

    private static void responses(FakeConnection c, List<Call> calls) throws IOException {
        Events events = new Events(c, true);
        String begun = "\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"model\":\"m\","
                + "\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},\"temperature\":1.0,"
                + "\"top_p\":1.0,\"parallel_tool_calls\":true,\"tool_choice\":\"auto\",\"tools\":[],";
        c.head(200, "Content-Type", "text/event-stream");
        events.send("response.created", begun + "\"status\":\"in_progress\",\"output\":[]}");
        List<String> items = new ArrayList<>();
        if (calls.isEmpty()) {
            items.add(
                    "{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":"
                            + "[{\"type\":\"output_text\",\"annotations\":[],\"text\":\"" + REPLY + "\"}]}");
            events.send("response.output_item.done", "\"output_index\":0,\"item\":" + items.getFirst());
        }
        for (Call call : calls) {
            items.add(responses(events, call));
        }
        events.send(
                "response.completed",
                begun + "\"status\":\"completed\",\"output\":[" + String.join(",", items)
                        + "],\"usage\":{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},\"output_tokens\":3,"
                        + "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":10}}");
        c.lastChunk();
    }

    private static String responses(Events events, Call call) throws IOException {
        String arguments = Call.quoted(call.arguments());
        String which = "\"output_index\":" + call.index() + ",";
        String item = "{\"type\":\"function_call\",\"id\":\"" + call.id("fc_") + "\",\"call_id\":\"" + call.id("call_")
                + "\",\"name\":\"weather\",\"status\":";
        String begun = item + "\"in_progress\",\"arguments\":\"\"}";
        String done = item + "\"completed\",\"arguments\":" + arguments + "}";
        String id = which + "\"item_id\":\"" + call.id("fc_") + "\",";
        events.send("response.output_item.added", which + "\"item\":" + begun);
        for (String piece : call.pieces()) {
            events.send("response.function_call_arguments.delta", id + "\"delta\":" + piece);
        }
        events.send("response.function_call_arguments.done", id + "\"name\":\"weather\",\"arguments\":" + arguments);
        events.send("response.output_item.done", which + "\"item\":" + done);
        return done;
    }

    private static void anthropic(FakeConnection c, List<Call> calls) throws IOException {
        Events events = new Events(c, false);
        String reason = calls.isEmpty() ? "end_turn" : "tool_use";
        c.head(200, "Content-Type", "text/event-stream");
        events.send(
                "message_start",
                "\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],"
                        + "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}");
        if (calls.isEmpty()) {
            events.send("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
            events.send(
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + REPLY + "\"}");
            events.send("content_block_stop", "\"index\":0");
        }
        for (Call call : calls) {
            String index = "\"index\":" + call.index();
            events.send(
                    "content_block_start",
                    index + ",\"content_block\":{\"type\":\"tool_use\",\"id\":\"" + call.id("toolu_")
                            + "\",\"name\":\"weather\",\"input\":{}}");
            for (String piece : call.pieces()) {
                events.send(
                        "content_block_delta",
                        index + ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":" + piece + "}");
            }
            events.send("content_block_stop", index);
        }
        events.send(
                "message_delta",
                "\"delta\":{\"stop_reason\":\"" + reason
                        + "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":3}");
        c.chunk("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n").lastChunk();
    }

    /** Events that have their type twice. */
    private static final class Events {
        private final FakeConnection connection;
        private final boolean numbered;
        private int number;

        Events(FakeConnection connection, boolean numbered) {
            this.connection = connection;
            this.numbered = numbered;
        }

        void send(String type, String members) throws IOException {
            String sequence = numbered ? "\"sequence_number\":" + number++ + "," : "";
            connection.chunk("event: " + type + "\ndata: {\"type\":\"" + type + "\"," + sequence + members + "}\n\n");
        }
    }

    /** Calls come whole, each in an answer of its own. The first one is signed; several have ids, as models have given them since generation 3. */
    private static void gemini(FakeConnection c, List<Call> calls) throws IOException {
        List<String> parts = new ArrayList<>();
        if (calls.isEmpty()) {
            parts.add("{\"text\":\"" + REPLY + "\"}");
        }
        for (Call call : calls) {
            String id = calls.size() == 1 ? "" : "\"id\":\"" + call.id("") + "\",";
            String signature = call.index() > 0 ? "" : ",\"thoughtSignature\":\"" + SIGNATURE + "\"";
            parts.add("{\"functionCall\":{" + id + "\"name\":\"weather\",\"args\":" + call.arguments() + "}" + signature
                    + "}");
        }
        c.head(200, "Content-Type", "text/event-stream");
        for (int i = 0; i < parts.size(); i++) {
            String reason = i < parts.size() - 1 ? "" : "\"finishReason\":\"STOP\",";
            c.chunk("data: {\"candidates\":[{\"content\":{\"parts\":[" + parts.get(i) + "],\"role\":\"model\"},"
                    + reason + "\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":3,"
                    + "\"totalTokenCount\":10},\"modelVersion\":\"m\",\"responseId\":\"r1\"}\r\n\r\n");
        }
        c.lastChunk();
    }

    private static void ollama(FakeConnection c, List<Call> calls) throws IOException {
        String before =
                "{\"model\":\"m\",\"created_at\":\"2025-06-15T15:06:40.5Z\",\"message\":{\"role\":\"assistant\",\"content\":";
        c.head(200, "Content-Type", "application/x-ndjson");
        if (calls.isEmpty()) {
            c.chunk(before + "\"" + REPLY + "\"},\"done\":false}\n");
        }
        for (Call call : calls) {
            c.chunk(before + "\"\",\"tool_calls\":[{\"function\":{\"index\":" + call.index()
                    + ",\"name\":\"weather\",\"arguments\":" + call.arguments() + "}}]},\"done\":false}\n");
        }
        c.chunk(before + "\"\"},\"done\":true,\"done_reason\":\"stop\",\"total_duration\":5,"
                        + "\"prompt_eval_count\":7,\"eval_count\":3}\n")
                .lastChunk();
    }

    private static void cohere(FakeConnection c, List<Call> calls) throws IOException {
        c.head(200, "Content-Type", "text/event-stream");
        c.event(
                "{\"id\":\"c1\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],"
                        + "\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}");
        if (calls.isEmpty()) {
            c.event(
                    "{\"type\":\"content-start\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}}");
            c.event("{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"" + REPLY
                    + "\"}}}}");
            c.event("{\"type\":\"content-end\",\"index\":0}");
        }
        for (Call call : calls) {
            String index = "\",\"index\":" + call.index();
            String delta = index + ",\"delta\":{\"message\":{\"tool_calls\":{";
            c.event("{\"type\":\"tool-call-start" + delta + "\"id\":\"" + call.id("weather_")
                    + "\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"\"}}}}}");
            for (String piece : call.pieces()) {
                c.event("{\"type\":\"tool-call-delta" + delta + "\"function\":{\"arguments\":" + piece + "}}}}}");
            }
            c.event("{\"type\":\"tool-call-end" + index + "}");
        }
        c.event("{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\""
                        + (calls.isEmpty() ? "COMPLETE" : "TOOL_CALL")
                        + "\",\"usage\":{\"billed_units\":{\"input_tokens\":7,\"output_tokens\":3}}}}")
                .lastChunk();
    }

    private static void bedrock(FakeConnection c, List<Call> calls) throws IOException {
        StringBuilder lines = new StringBuilder("messageStart {\"role\":\"assistant\"}\n");
        if (calls.isEmpty()) {
            lines.append("contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"" + REPLY + "\"}}\n")
                    .append("contentBlockStop {\"contentBlockIndex\":0}\n");
        }
        for (Call call : calls) {
            String index = "{\"contentBlockIndex\":" + call.index();
            lines.append("contentBlockStart ").append(index);
            lines.append(
                    ",\"start\":{\"toolUse\":{\"name\":\"weather\",\"toolUseId\":\"" + call.id("tooluse_") + "\"}}}\n");
            for (String piece : call.pieces()) {
                lines.append("contentBlockDelta ").append(index);
                lines.append(",\"delta\":{\"toolUse\":{\"input\":" + piece + "}}}\n");
            }
            lines.append("contentBlockStop ").append(index).append("}\n");
        }
        lines.append("messageStop {\"stopReason\":\"" + (calls.isEmpty() ? "end_turn" : "tool_use") + "\"}\n")
                .append(
                        "metadata {\"metrics\":{\"latencyMs\":1},\"usage\":{\"inputTokens\":7,\"outputTokens\":3,\"totalTokens\":10}}");
        c.head(200, "Content-Type", "application/vnd.amazon.eventstream");
        c.chunk(AwsMessages.ofLines(lines.toString())).lastChunk();
    }
}
