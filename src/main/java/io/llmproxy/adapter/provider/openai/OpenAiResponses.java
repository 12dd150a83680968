package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.adapter.provider.support.chat.WholeCalls;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Responses, the later of OpenAI's two dialects of conversations. Nothing is kept of one that is translated. */
public final class OpenAiResponses implements ClientDialect {
    private static final String RESPONSES = "/responses";
    private static final String COUNT = "/responses/input_tokens";

    @Override
    public @Nullable Operation operation(String path) {
        return switch (path) {
            case RESPONSES -> Operation.CHAT;
            case COUNT -> Operation.COUNT;
            default -> null;
        };
    }

    @Override
    public PromptShape shape() {
        return PromptShape.RESPONSE;
    }

    @Override
    public ChatRequest readRequest(JsonNode body, Operation operation, Notes notes) {
        return new ResponsesRequestReader(body, notes).read();
    }

    @Override
    public byte[] writeAnswer(ChatAnswer answer, long created) throws UpstreamException {
        throw new UnsupportedOperationException("an answer repeats what was asked");
    }

    @Override
    public byte[] writeAnswer(ChatRequest request, ChatAnswer answer, long created) {
        return ResponsesAnswers.write(request, answer, created);
    }

    @Override
    public StreamWriter streamWriter(ChatRequest request, long created) {
        return new WholeCalls(new ResponsesStreamWriter(request, created));
    }

    @Override
    public byte[] writeFailure(ProviderFailure failure) {
        return OpenAiFailures.write(failure);
    }

    @Override
    public int status(ProviderFailure failure) {
        return OpenAiFailures.status(failure);
    }

    @Override
    public byte[] writeCount(long tokens) {
        return new JsonOut()
                .open()
                .member("object", "response.input_tokens")
                .member("input_tokens", tokens)
                .close()
                .take();
    }
}
