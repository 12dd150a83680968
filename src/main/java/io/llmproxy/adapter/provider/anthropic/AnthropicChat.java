package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.adapter.provider.support.chat.WholeCalls;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Messages, the dialect of Anthropic. */
public final class AnthropicChat implements ChatDialect {
    private static final String CHAT = "/messages";
    private static final String COUNT = "/messages/count_tokens";

    @Override
    public PromptShape shape() {
        return PromptShape.MESSAGES;
    }

    @Override
    public @Nullable Operation operation(String path) {
        return switch (path) {
            case CHAT -> Operation.CHAT;
            case COUNT -> Operation.COUNT;
            default -> null;
        };
    }

    @Override
    public String chatPath() {
        return CHAT;
    }

    @Override
    public boolean takes(String path) {
        return path.startsWith("/messages/") || path.startsWith("/files") || path.startsWith("/skills");
    }

    /** Its clients name the version of the API that they mean; what they ask for beyond conversations changes from year to year. */
    @Override
    public boolean takes(String path, HeaderFields client) {
        return takes(path) || client.contains("anthropic-version");
    }

    @Override
    public ChatRequest readRequest(JsonNode body, Operation operation, Notes notes) {
        return new AnthropicRequestReader(body, notes).read(operation);
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new AnthropicRequestWriter(request, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return AnthropicAnswers.read(body);
    }

    @Override
    public byte[] writeAnswer(ChatAnswer answer, long created) throws UpstreamException {
        return AnthropicAnswers.write(answer);
    }

    @Override
    public StreamReader streamReader() {
        return new AnthropicStreamReader();
    }

    @Override
    public StreamWriter streamWriter(ChatRequest request, long created) {
        return new WholeCalls(new AnthropicStreamWriter());
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return AnthropicFailures.read(status, body);
    }

    @Override
    public byte[] writeFailure(ProviderFailure failure) {
        return AnthropicFailures.write(failure);
    }

    @Override
    public int status(ProviderFailure failure) {
        return failure.status();
    }

    @Override
    public byte[] writeCount(long tokens) {
        return new JsonOut().open().member("input_tokens", tokens).close().take();
    }
}
