package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Chat completions, the dialect of OpenAI and of most others. */
public final class OpenAiChat implements ChatDialect {
    private static final String CHAT = "/chat/completions";
    private static final Embedder EMBEDDINGS = new OpenAiEmbeddings();

    @Override
    public PromptShape shape() {
        return PromptShape.CHAT;
    }

    @Override
    public @Nullable Operation operation(String path) {
        return path.equals(CHAT) ? Operation.CHAT : null;
    }

    @Override
    public String chatPath() {
        return CHAT;
    }

    /** Whatever it may be: servers of this dialect have endpoints of their own. */
    @Override
    public boolean takes(String path) {
        return true;
    }

    @Override
    public Embedder embedder() {
        return EMBEDDINGS;
    }

    @Override
    public ChatRequest readRequest(JsonNode body, Operation operation, Notes notes) {
        return new OpenAiRequestReader(body, notes).read();
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new OpenAiRequestWriter(request, to, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return OpenAiAnswers.read(body);
    }

    @Override
    public byte[] writeAnswer(ChatAnswer answer, long created) {
        return OpenAiAnswers.write(answer, created);
    }

    @Override
    public StreamReader streamReader() {
        return new OpenAiStreamReader(1);
    }

    @Override
    public StreamReader streamReader(ChatRequest request) {
        return new OpenAiStreamReader(request.choices());
    }

    @Override
    public StreamWriter streamWriter(ChatRequest request, long created) {
        return new OpenAiStreamWriter(request.usageInStream(), created);
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return OpenAiFailures.read(status, body);
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
        return new JsonOut().open().member("input_tokens", tokens).close().take();
    }
}
