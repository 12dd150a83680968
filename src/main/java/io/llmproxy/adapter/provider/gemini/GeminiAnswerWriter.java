package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;

/** Writes whole answers ({@code GenerateContentResponse}). */
final class GeminiAnswerWriter {
    private GeminiAnswerWriter() {}

    /** @param thoughts whether the client wants to see them */
    static byte[] write(ChatAnswer answer, boolean thoughts) throws UpstreamException {
        JsonOut out = new JsonOut();
        out.open().name("candidates").openList();
        int index = 0;
        for (ChatAnswer.Choice choice : answer.choices()) {
            out.open().name("content").open().name("parts").openList();
            for (Content content : choice.content()) {
                if (thoughts || !GeminiParts.thought(content)) {
                    GeminiParts.write(out, content, choice.finish());
                }
            }
            out.closeList().member("role", "model").close();
            out.member("finishReason", GeminiParts.word(choice.finish())).member("index", index++);
            GeminiProbabilities.write(out, choice.probabilities());
            out.close();
        }
        out.closeList();
        if (answer.usage().source() != TokenUsage.Source.NONE) {
            GeminiParts.usage(out.name("usageMetadata"), answer.usage());
        }
        out.member("modelVersion", answer.model()).member("responseId", answer.id());
        return out.close().take();
    }
}
