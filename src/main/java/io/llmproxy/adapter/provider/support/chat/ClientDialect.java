package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** How the clients of one API write conversations and read answers. Thread-safe. */
public interface ClientDialect extends ClientForm {
    /** What a POST to a path below {@code /v1} asks for in this dialect; null: nothing that can be translated. */
    @Nullable
    Operation operation(String path);

    /** Where a request has the text that is counted. */
    PromptShape shape();

    /**
     * A client's request.
     *
     * @throws io.llmproxy.domain.error.ProxyException where it is malformed, or {@code notes} refuse a part of it
     */
    ChatRequest readRequest(JsonNode body, Operation operation, Notes notes);

    /** The same where the path says something of it, too. */
    default ChatRequest readRequest(UpstreamRequest asked, JsonNode body, Operation operation, Notes notes) {
        return readRequest(body, operation, notes);
    }

    /**
     * The answer to a request that asks nothing of a model, such as one that only wants it ready; null: it does ask.
     *
     * @param now in seconds since 1970
     */
    default byte @Nullable [] answerWithoutModel(JsonNode body, long now) {
        return null;
    }

    /**
     * @param created in seconds since 1970
     * @throws UpstreamException where the answer cannot be told in this dialect
     */
    byte[] writeAnswer(ChatAnswer answer, long created) throws UpstreamException;

    /** The same where an answer repeats what was asked. */
    default byte[] writeAnswer(ChatRequest request, ChatAnswer answer, long created) throws UpstreamException {
        return writeAnswer(answer, created);
    }

    /** Writes one stream to a client. */
    StreamWriter streamWriter(ChatRequest request, long created);

    /**
     * The same where the query chooses the stream's form.
     *
     * @param query the client's; null: there is none
     */
    default StreamWriter streamWriter(ChatRequest request, long created, @Nullable String query) {
        return streamWriter(request, created);
    }

    /** The answer to {@link Operation#COUNT}. */
    byte[] writeCount(long tokens);

    /** What a request asks for. */
    enum Operation {
        /** An answer to a conversation. */
        CHAT,
        /** The number of the conversation's tokens. */
        COUNT
    }
}
