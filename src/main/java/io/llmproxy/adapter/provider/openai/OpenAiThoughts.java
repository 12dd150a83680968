package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.Content;

/** Parts that requests and answers write alike: tool calls, and signed thoughts as OpenRouter's reference has them. */
final class OpenAiThoughts {
    private OpenAiThoughts() {}

    /** One of {@code reasoning_details}. */
    static void write(JsonOut out, Content thought) {
        if (thought instanceof Content.Thinking(String text, var signature)) {
            out.open().member("type", "reasoning.text").member("text", text);
            out.optional("signature", signature).close();
        } else if (thought instanceof Content.RedactedThinking(String data)) {
            out.open()
                    .member("type", "reasoning.encrypted")
                    .member("data", data)
                    .close();
        }
    }

    /** One of {@code tool_calls}. */
    static void call(JsonOut out, Content.ToolCall call) {
        out.open()
                .member("id", call.id())
                .member("type", "function")
                .name("function")
                .open();
        out.member("name", call.name()).member("arguments", call.arguments());
        out.close().close();
    }
}
