package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;

/** Writes whole answers ({@code GenerateContentResponse}). */
final class GeminiAnswerWriter {
    private GeminiAnswerWriter() {}

    static byte[] write(ChatAnswer answer) throws UpstreamException {
        JsonOut out = new JsonOut();
        out.open().name("candidates").openList().open();
        out.name("content").open().name("parts").openList();
        for (Content content : answer.content()) {
            GeminiParts.write(out, content, answer.finish());
        }
        out.closeList().member("role", "model").close();
        out.member("finishReason", GeminiParts.word(answer.finish())).member("index", 0);
        out.close().closeList();
        if (answer.usage().source() != TokenUsage.Source.NONE) {
            GeminiParts.usage(out.name("usageMetadata"), answer.usage());
        }
        out.member("modelVersion", answer.model()).member("responseId", answer.id());
        return out.close().take();
    }
}
