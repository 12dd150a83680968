package io.llmproxy.testing.openai;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Chat and its older sister, completions. A chat answers {@value #REPLY} and counts 7 + 3 tokens, unless the request has tools and
 * ends with no result of one, or asks for a JSON schema or audio; the usage of a stream comes only where {@code include_usage} is set.
 */
public final class FakeChat {
    public static final String REPLY = "Hello from the fake.";

    private static final String USAGE = "{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}";
    private static final String STORED = """
            {"id":"%s","object":"chat.completion","created":1750000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":\
            {"role":"assistant","content":"kept","refusal":null},"logprobs":null,"finish_reason":"stop"}],"metadata":{"a":"b"}}""";
    private static final String STORED_MESSAGE =
            "{\"id\":\"chatcmpl-stored-%d\",\"role\":\"user\",\"content\":\"question %d\"}";
    private static final String CITY = "{\\\"city\\\":\\\"Zürich\\\"}";

    private FakeChat() {}

    public static void routes(Routes routes) {
        routes.on("POST /chat/completions", FakeChat::chat)
                .list("GET /chat/completions", STORED.formatted("chatcmpl-a"), STORED.formatted("chatcmpl-b"))
                .named("GET /chat/completions/{}", STORED)
                .named("POST /chat/completions/{}", STORED)
                .named("DELETE /chat/completions/{}", """
                        {"object":"chat.completion.deleted","id":"%s","deleted":true}""")
                .list(
                        "GET /chat/completions/{}/messages",
                        STORED_MESSAGE.formatted(0, 0),
                        STORED_MESSAGE.formatted(1, 1),
                        STORED_MESSAGE.formatted(2, 2))
                .on("POST /completions", FakeChat::completion);
    }

    private static void chat(Call call) throws IOException {
        JsonNode body = call.json();
        String model = Call.quoted(body.path("model").asString("gpt-4o-mini"));
        if (body.path("stream").asBoolean(false)) {
            stream(call, body, model);
            return;
        }
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < count(body); i++) {
            choices.add(choice(i, body));
        }
        call.json("""
                {"id":"chatcmpl-1","object":"chat.completion","created":1750000000,"model":%s,"choices":[%s],"usage":%s}""".formatted(model, String.join(",", choices), USAGE));
    }

    private static int count(JsonNode body) {
        return body.path("n").asInt(1);
    }

    private static boolean calls(JsonNode body) {
        JsonNode messages = body.path("messages");
        String last = messages.path(messages.size() - 1).path("role").asString("");
        return body.has("tools") && !last.equals("tool");
    }

    private static String choice(int index, JsonNode body) {
        boolean tools = calls(body);
        return "{\"index\":%d,\"message\":%s,\"logprobs\":%s,\"finish_reason\":\"%s\"}"
                .formatted(index, message(body), logprobs(body, REPLY), tools ? "tool_calls" : "stop");
    }

    private static String message(JsonNode body) {
        if (calls(body)) {
            return """
                    {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":\
                    {"name":"weather","arguments":"%s"}}],"refusal":null}""".formatted(CITY);
        }
        if (body.path("response_format").path("type").asString("").equals("json_schema")) {
            return "{\"role\":\"assistant\",\"content\":\"" + CITY + "\",\"refusal\":null}";
        }
        if (body.has("audio")) {
            return """
                    {"role":"assistant","content":null,"refusal":null,"audio":\
                    {"id":"audio_1","data":"UklGRg==","expires_at":1750003600,"transcript":"Grüezi"}}""";
        }
        return "{\"role\":\"assistant\",\"content\":\"" + REPLY + "\",\"refusal\":null,\"annotations\":[]}";
    }

    private static String logprobs(JsonNode body, String token) {
        if (!body.path("logprobs").asBoolean(false)) {
            return "null";
        }
        return """
                {"content":[{"token":%1$s,"logprob":-3.1281633e-07,"bytes":[72,105],"top_logprobs":\
                [{"token":%1$s,"logprob":-3.1281633e-07,"bytes":null}]}],"refusal":null}""".formatted(Call.quoted(token));
    }

    private static void stream(Call call, JsonNode body, String model) throws IOException {
        boolean usage = body.path("stream_options").path("include_usage").asBoolean(false);
        call.stream();
        for (int i = 0; i < count(body); i++) {
            call.event(chunk(model, i, "{\"role\":\"assistant\",\"content\":\"\"}", "null", "null", usage));
        }
        for (int i = 0; i < count(body); i++) {
            deltas(call, body, model, i, usage);
        }
        if (usage) {
            call.event("""
                    {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1750000000,"model":%s,"choices":[],"usage":%s}""".formatted(model, USAGE));
        }
        call.event("[DONE]").connection().lastChunk();
    }

    private static void deltas(Call call, JsonNode body, String model, int index, boolean usage) throws IOException {
        boolean tools = calls(body);
        for (String delta : tools ? toolDeltas() : List.of(REPLY.split("(?<= )", -1))) {
            String content = tools ? delta : "{\"content\":" + Call.quoted(delta) + "}";
            call.event(chunk(model, index, content, "null", logprobs(body, delta), usage));
        }
        call.event(chunk(model, index, "{}", tools ? "\"tool_calls\"" : "\"stop\"", "null", usage));
    }

    private static List<String> toolDeltas() {
        String next = "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"%s\"}}]}";
        return List.of("""
                {"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}""", next.formatted("{\\\"city\\\":"), next.formatted("\\\"Zürich\\\"}"));
    }

    private static String chunk(
            String model, int index, String delta, String finish, String logprobs, boolean includeUsage) {
        return """
                {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1750000000,"model":%s,\
                "choices":[{"index":%d,"delta":%s,"logprobs":%s,"finish_reason":%s}]%s}""".formatted(model, index, delta, logprobs, finish, includeUsage ? ",\"usage\":null" : "");
    }

    private static void completion(Call call) throws IOException {
        JsonNode body = call.json();
        String text = """
                {"id":"cmpl-1","object":"text_completion","created":1750000000,"model":%s,\
                "choices":[{"text":"%s","index":0,"logprobs":null,"finish_reason":%s}]%s}""";
        String model = Call.quoted(body.path("model").asString("gpt-3.5-turbo-instruct"));
        if (!body.path("stream").asBoolean(false)) {
            call.json(text.formatted(model, REPLY, "\"stop\"", ",\"usage\":" + USAGE));
            return;
        }
        boolean usage = body.path("stream_options").path("include_usage").asBoolean(false);
        String none = usage ? ",\"usage\":null" : "";
        call.stream()
                .event(text.formatted(model, "Hello", "null", none))
                .event(text.formatted(model, "!", "\"stop\"", none));
        if (usage) {
            call.event("""
                    {"id":"cmpl-1","object":"text_completion","created":1750000000,"model":%s,"choices":[],"usage":%s}""".formatted(model, USAGE));
        }
        call.event("[DONE]").connection().lastChunk();
    }
}
