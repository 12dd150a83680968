package io.llmproxy.testing.openai;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Responses, streamed with every kind of event that there is, and conversations. */
public final class FakeResponses {
    private static final String RESPONSE = """
            {"id":"%s","object":"response","created_at":1750000000,"status":"%s","background":false,"error":null,\
            "incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-4o-mini","output":[%s],\
            "parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,\
            "temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled",\
            "usage":%s,"user":null,"metadata":{},"a_field_of_tomorrow":{"n":1e400}}""";
    private static final String MESSAGE = """
            {"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text",\
            "text":"Hello from the fake.","annotations":[],"logprobs":[]}]}""";
    private static final String CALL = """
            {"type":"function_call","id":"fc_1","call_id":"call_1","name":"weather","arguments":"{}","status":"completed"}""";
    private static final String USAGE = """
            {"input_tokens":7,"input_tokens_details":{"cached_tokens":2},"output_tokens":3,\
            "output_tokens_details":{"reasoning_tokens":1},"total_tokens":10}""";
    private static final String INPUT = """
            {"id":"msg_in_%1$d","type":"message","role":"user","content":[{"type":"input_text","text":"question %1$d"}]}""";
    private static final String CONVERSATION = """
            {"id":"%s","object":"conversation","created_at":1750000000,"metadata":{"topic":"demo"}}""";
    private static final String ITEM = """
            {"type":"message","id":"%s","status":"completed","role":"user","content":[{"type":"input_text","text":"Grüezi"}]}""";

    private FakeResponses() {}

    public static void routes(Routes routes) {
        String done = RESPONSE.formatted("%s", "completed", MESSAGE + "," + CALL, USAGE);
        routes.on("POST /responses", FakeResponses::create)
                .on("GET /responses/{}", call -> retrieve(call, done))
                .named("DELETE /responses/{}", """
                        {"id":"%s","object":"response.deleted","deleted":true}""")
                .on(
                        "POST /responses/{}/cancel",
                        call -> call.json(RESPONSE.formatted(call.id(), "cancelled", "", "null")))
                .list("GET /responses/{}/input_items", INPUT.formatted(1), INPUT.formatted(2), INPUT.formatted(3))
                .json("POST /responses/input_tokens", """
                        {"object":"response.input_tokens","input_tokens":11}""");
        conversations(routes);
    }

    private static void conversations(Routes routes) {
        routes.json("POST /conversations", CONVERSATION.formatted("conv_1"))
                .named("GET /conversations/{}", CONVERSATION)
                .named("POST /conversations/{}", CONVERSATION)
                .named("DELETE /conversations/{}", """
                        {"id":"%s","object":"conversation.deleted","deleted":true}""")
                .list(
                        "GET /conversations/{}/items",
                        ITEM.formatted("i_1"),
                        ITEM.formatted("i_2"),
                        ITEM.formatted("i_3"))
                .on("POST /conversations/{}/items", call -> call.page(ITEM.formatted("i_4"), ITEM.formatted("i_5")))
                .on("GET /conversations/{}/items/{}", call -> call.json(ITEM.formatted(call.lastId())))
                .named("DELETE /conversations/{}/items/{}", CONVERSATION);
    }

    private static void create(Call call) throws IOException {
        JsonNode body = call.json();
        if (body.path("stream").asBoolean(false)) {
            call.typedEvents(events());
        } else {
            boolean schema = body.at("/text/format/type").asString("").equals("json_schema");
            String said = schema ? MESSAGE.replace("Hello from the fake.", "{\\\"city\\\":\\\"Zürich\\\"}") : MESSAGE;
            call.json(RESPONSE.formatted("resp_1", "completed", said, USAGE));
        }
    }

    private static void retrieve(Call call, String done) throws IOException {
        if (call.query("stream").equals("true")) {
            call.typedEvents(events());
        } else {
            call.json(done.formatted(call.id()));
        }
    }

    private static List<String> events() {
        Numbered events = new Numbered();
        response(events, "created", "in_progress");
        response(events, "queued", "queued");
        response(events, "in_progress", "in_progress");
        item(events, "output_item.added", MESSAGE);
        text(events);
        reasoning(events);
        tools(events);
        pictures(events);
        audio(events);
        item(events, "output_item.done", MESSAGE);
        events.add("error", "\"code\":\"server_error\",\"message\":\"one tool failed\",\"param\":null");
        response(events, "incomplete", "incomplete");
        response(events, "failed", "failed");
        response(events, "completed", "completed");
        return events.all;
    }

    /** Events with a running number. */
    private static final class Numbered {
        private final List<String> all = new ArrayList<>();

        void add(String type, String rest) {
            all.add("{\"type\":\"" + type + "\",\"sequence_number\":" + all.size() + "," + rest + "}");
        }

        /** One that belongs to an item of the output. */
        void of(String type, String item, String rest) {
            add("response." + type, "\"item_id\":\"" + item + "\",\"output_index\":0" + rest);
        }
    }

    private static void response(Numbered events, String type, String status) {
        boolean done = status.equals("completed");
        events.add(
                "response." + type,
                "\"response\":" + RESPONSE.formatted("resp_1", status, done ? MESSAGE : "", done ? USAGE : "null"));
    }

    private static void item(Numbered events, String type, String item) {
        events.add("response." + type, "\"output_index\":0,\"item\":" + item);
    }

    private static void text(Numbered events) {
        String part = ",\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}";
        events.of("content_part.added", "msg_1", part);
        for (String word : List.of("Grü", "ezi 👋", " \\u2028mit\\n\\n")) {
            events.of(
                    "output_text.delta",
                    "msg_1",
                    ",\"content_index\":0,\"delta\":\"" + word + "\",\"logprobs\":[],\"obfuscation\":\"x7Qa\"");
        }
        events.of(
                "output_text.annotation.added",
                "msg_1",
                ",\"content_index\":0,\"annotation_index\":0,\"annotation\":{\"type\":\"url_citation\",\"url\":\"https://example.com\"}");
        events.of("output_text.done", "msg_1", ",\"content_index\":0,\"text\":\"Grüezi\",\"logprobs\":[]");
        events.of("refusal.delta", "msg_1", ",\"content_index\":0,\"delta\":\"No\"");
        events.of("refusal.done", "msg_1", ",\"content_index\":0,\"refusal\":\"No\"");
        events.of("content_part.done", "msg_1", part);
    }

    private static void reasoning(Numbered events) {
        String part = ",\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"why\"}";
        events.of("reasoning_summary_part.added", "rs_1", part);
        events.of("reasoning_summary_text.delta", "rs_1", ",\"summary_index\":0,\"delta\":\"wh\"");
        events.of("reasoning_summary_text.done", "rs_1", ",\"summary_index\":0,\"text\":\"why\"");
        events.of("reasoning_summary_part.done", "rs_1", part);
        events.of("reasoning_text.delta", "rs_1", ",\"content_index\":0,\"delta\":\"be\"");
        events.of("reasoning_text.done", "rs_1", ",\"content_index\":0,\"text\":\"because\"");
    }

    private static void tools(Numbered events) {
        item(events, "output_item.added", CALL);
        events.of("function_call_arguments.delta", "fc_1", ",\"delta\":\"{}\"");
        events.of("function_call_arguments.done", "fc_1", ",\"name\":\"weather\",\"arguments\":\"{}\"");
        events.of("custom_tool_call_input.delta", "ct_1", ",\"delta\":\"a\"");
        events.of("custom_tool_call_input.done", "ct_1", ",\"input\":\"ab\"");
        events.of("mcp_call_arguments.delta", "mcp_1", ",\"delta\":\"{\"");
        events.of("mcp_call_arguments.done", "mcp_1", ",\"arguments\":\"{}\"");
        for (String step : List.of(
                "file_search_call.in_progress",
                "file_search_call.searching",
                "file_search_call.completed",
                "web_search_call.in_progress",
                "web_search_call.searching",
                "web_search_call.completed",
                "mcp_call.in_progress",
                "mcp_call.completed",
                "mcp_call.failed",
                "mcp_list_tools.in_progress",
                "mcp_list_tools.completed",
                "mcp_list_tools.failed",
                "code_interpreter_call.in_progress",
                "code_interpreter_call.interpreting",
                "code_interpreter_call.completed")) {
            events.of(step, "call_2", "");
        }
        events.of("code_interpreter_call_code.delta", "ci_1", ",\"delta\":\"print\"");
        events.of("code_interpreter_call_code.done", "ci_1", ",\"code\":\"print(1)\"");
    }

    private static void pictures(Numbered events) {
        events.of("image_generation_call.in_progress", "ig_1", "");
        events.of("image_generation_call.generating", "ig_1", "");
        // larger than any buffer on the way
        events.of(
                "image_generation_call.partial_image",
                "ig_1",
                ",\"partial_image_index\":0,\"partial_image_b64\":\"" + "iVBORw0K".repeat(5_000) + "\"");
        events.of("image_generation_call.completed", "ig_1", "");
    }

    private static void audio(Numbered events) {
        events.add("response.audio.delta", "\"delta\":\"UklGRg==\"");
        events.add("response.audio.done", "\"response_id\":\"resp_1\"");
        events.add("response.audio.transcript.delta", "\"delta\":\"Grü\"");
        events.add("response.audio.transcript.done", "\"response_id\":\"resp_1\"");
        events.add("response.an_event_of_tomorrow", "\"anything\":[1.0,1e400,123456789012345678901234567890]");
    }
}
