package io.llmproxy.adapter.provider.simulated;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** OpenAI's three shapes of a reply, whole and streamed. */
enum ReplyFormat {
    CHAT {
        @Override
        String prompt(JsonNode request) {
            StringBuilder all = new StringBuilder();
            request.path("messages")
                    .forEach(
                            message -> all.append(text(message.path("content"))).append('\n'));
            return all.toString();
        }

        @Override
        String lastSaid(JsonNode request) {
            return lastOfUser(request.path("messages"));
        }

        @Override
        int limit(JsonNode request) {
            return request.path("max_completion_tokens")
                    .asInt(request.path("max_tokens").asInt(0));
        }

        @Override
        ObjectNode whole(Reply reply) {
            ObjectNode whole = reply.object("chatcmpl-", "chat.completion");
            ObjectNode choice = whole.putArray("choices").addObject().put("index", 0);
            ObjectNode message = choice.putObject("message").put("role", "assistant");
            message.put("content", reply.calls().isEmpty() ? reply.text() : null)
                    .putNull("refusal");
            if (!reply.calls().isEmpty()) {
                ArrayNode calls = message.putArray("tool_calls");
                reply.calls().forEach(call -> call(calls.addObject(), call));
            }
            choice.putNull("logprobs").put("finish_reason", reply.finish());
            whole.set("usage", reply.usage());
            return whole;
        }

        @Override
        List<byte[]> events(Reply reply) {
            List<byte[]> events = new ArrayList<>();
            ObjectNode first = chunk(reply);
            delta(first).put("role", "assistant").put("content", "");
            events.add(data(reply, first));
            for (String token : reply.tokens()) {
                ObjectNode chunk = chunk(reply);
                delta(chunk).put("content", token);
                events.add(data(reply, chunk));
            }
            for (int i = 0; i < reply.calls().size(); i++) {
                ObjectNode chunk = chunk(reply);
                ObjectNode call =
                        delta(chunk).putArray("tool_calls").addObject().put("index", i);
                call(call, reply.calls().get(i));
                events.add(data(reply, chunk));
            }
            ObjectNode last = chunk(reply);
            delta(last);
            ((ObjectNode) last.path("choices").path(0)).put("finish_reason", reply.finish());
            events.add(data(reply, last));
            return ended(events, reply, reply.object("chatcmpl-", "chat.completion.chunk"));
        }

        private ObjectNode chunk(Reply reply) {
            ObjectNode chunk = reply.object("chatcmpl-", "chat.completion.chunk");
            chunk.putArray("choices").addObject().put("index", 0).putNull("finish_reason");
            return withoutUsage(reply, chunk);
        }

        private static void call(ObjectNode to, SimulatedTools.Call call) {
            ObjectNode function =
                    to.put("id", call.id()).put("type", "function").putObject("function");
            function.put("name", call.name()).put("arguments", call.arguments());
        }

        private ObjectNode delta(ObjectNode chunk) {
            return ((ObjectNode) chunk.path("choices").path(0)).putObject("delta");
        }
    },

    COMPLETION {
        @Override
        String prompt(JsonNode request) {
            return text(request.path("prompt"));
        }

        @Override
        String lastSaid(JsonNode request) {
            return prompt(request);
        }

        @Override
        int limit(JsonNode request) {
            return request.path("max_tokens").asInt(0);
        }

        @Override
        ObjectNode whole(Reply reply) {
            ObjectNode whole = piece(reply, reply.text(), reply.finish());
            whole.set("usage", reply.usage());
            return whole;
        }

        @Override
        List<byte[]> events(Reply reply) {
            List<byte[]> events = new ArrayList<>();
            for (String token : reply.tokens()) {
                events.add(data(reply, withoutUsage(reply, piece(reply, token, null))));
            }
            events.add(data(reply, withoutUsage(reply, piece(reply, "", reply.finish()))));
            return ended(events, reply, reply.object("cmpl-", "text_completion"));
        }

        private ObjectNode piece(Reply reply, String text, @org.jspecify.annotations.Nullable String finish) {
            ObjectNode piece = reply.object("cmpl-", "text_completion");
            piece.putArray("choices")
                    .addObject()
                    .put("text", text)
                    .put("index", 0)
                    .putNull("logprobs")
                    .put("finish_reason", finish);
            return piece;
        }
    },

    RESPONSE {
        @Override
        String prompt(JsonNode request) {
            JsonNode input = request.path("input");
            StringBuilder all = new StringBuilder(request.path("instructions").asString(""));
            if (input.isString()) {
                return all.append(input.asString()).toString();
            }
            input.forEach(item -> all.append(text(item.path("content"))).append('\n'));
            return all.toString();
        }

        @Override
        String lastSaid(JsonNode request) {
            JsonNode input = request.path("input");
            return input.isString() ? input.asString() : lastOfUser(input);
        }

        @Override
        int limit(JsonNode request) {
            return request.path("max_output_tokens").asInt(0);
        }

        @Override
        ObjectNode whole(Reply reply) {
            ObjectNode whole = open(reply, reply.cut() ? "incomplete" : "completed");
            ObjectNode message = whole.putArray("output")
                    .addObject()
                    .put("type", "message")
                    .put("id", reply.id("msg_"))
                    .put("status", "completed")
                    .put("role", "assistant");
            message.putArray("content")
                    .addObject()
                    .put("type", "output_text")
                    .put("text", reply.text())
                    .putArray("annotations");
            if (reply.cut()) {
                whole.putObject("incomplete_details").put("reason", "max_output_tokens");
            }
            whole.putObject("usage")
                    .put("input_tokens", reply.promptTokens())
                    .put("output_tokens", reply.tokens().size())
                    .put("total_tokens", reply.promptTokens() + reply.tokens().size());
            return whole;
        }

        @Override
        List<byte[]> events(Reply reply) {
            List<byte[]> events = new ArrayList<>();
            events.add(typed(reply, event(reply, "response.created", 0), open(reply, "in_progress")));
            int number = 1;
            for (String token : reply.tokens()) {
                ObjectNode delta = event(reply, "response.output_text.delta", number++)
                        .put("item_id", reply.id("msg_"))
                        .put("output_index", 0)
                        .put("content_index", 0)
                        .put("delta", token);
                events.add(typed(reply, delta, null));
            }
            String end = reply.cut() ? "response.incomplete" : "response.completed";
            events.add(typed(reply, event(reply, end, number), whole(reply)));
            return events;
        }

        private ObjectNode open(Reply reply, String status) {
            return reply.json()
                    .createObjectNode()
                    .put("id", reply.id("resp_"))
                    .put("object", "response")
                    .put("created_at", reply.createdAt())
                    .put("status", status)
                    .put("model", reply.model());
        }

        private ObjectNode event(Reply reply, String type, int number) {
            return reply.json().createObjectNode().put("type", type).put("sequence_number", number);
        }

        private byte[] typed(Reply reply, ObjectNode event, @org.jspecify.annotations.Nullable ObjectNode response) {
            if (response != null) {
                event.set("response", response);
            }
            String type = event.path("type").asString();
            String text = "event: " + type + "\ndata: " + reply.json().writeValueAsString(event) + "\n\n";
            return text.getBytes(StandardCharsets.UTF_8);
        }
    };

    /** All that the model is given, to count it. */
    abstract String prompt(JsonNode request);

    /** What the user said last. */
    abstract String lastSaid(JsonNode request);

    /** The most tokens that the request allows; 0: it does not say. */
    abstract int limit(JsonNode request);

    abstract ObjectNode whole(Reply reply);

    abstract List<byte[]> events(Reply reply);

    private static byte[] data(Reply reply, ObjectNode chunk) {
        return SimulatedApi.event(reply.json().writeValueAsString(chunk));
    }

    /** OpenAI sends {@code "usage":null} in all but the last chunk where usage is asked for. */
    private static ObjectNode withoutUsage(Reply reply, ObjectNode chunk) {
        return reply.includeUsage() ? chunk.putNull("usage") : chunk;
    }

    private static List<byte[]> ended(List<byte[]> events, Reply reply, ObjectNode usageChunk) {
        if (reply.includeUsage()) {
            usageChunk.putArray("choices");
            usageChunk.set("usage", reply.usage());
            events.add(data(reply, usageChunk));
        }
        events.add(SimulatedApi.event("[DONE]"));
        return events;
    }

    private static String lastOfUser(JsonNode messages) {
        String last = "";
        for (JsonNode message : messages) {
            if (message.path("role").asString("").equals("user")) {
                last = text(message.path("content"));
            }
        }
        return last;
    }

    /** A text, or the text parts of a list of parts. */
    private static String text(JsonNode content) {
        if (content.isString()) {
            return content.asString();
        }
        StringBuilder all = new StringBuilder();
        content.forEach(part ->
                all.append(part.isString() ? part.asString() : part.path("text").asString("")));
        return all.toString();
    }
}
