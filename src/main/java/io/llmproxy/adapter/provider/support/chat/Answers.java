package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What becomes of a provider's answers for one request of a client. */
sealed interface Answers {
    ClientForm client();

    /** The model that is asked. */
    String model();

    boolean stream();

    /** @throws UpstreamException where the answer is not what it must be, or cannot be told to the client */
    byte[] whole(JsonNode answer) throws UpstreamException;

    /** Of a request for a stream. */
    StreamWriter writer();

    /**
     * Of a conversation.
     *
     * @param query the client's; null: there is none
     * @param created when, in seconds since 1970
     */
    record OfChat(
            ProviderDialect provider,
            ClientDialect client,
            ChatRequest request,
            @Nullable String query,
            long created) implements Answers {
        @Override
        public String model() {
            return request.model();
        }

        @Override
        public boolean stream() {
            return request.stream();
        }

        @Override
        public byte[] whole(JsonNode answer) throws UpstreamException {
            return client.writeAnswer(request, named(provider.readAnswer(answer)), created);
        }

        /** Some providers do not say which model answered: then it is the one that was asked. */
        private ChatAnswer named(ChatAnswer answer) {
            return answer.model().isEmpty() ? answer.of(request.model()) : answer;
        }

        @Override
        public StreamWriter writer() {
            return client.streamWriter(request, created, query);
        }
    }

    /** Of texts to embed. */
    record OfEmbeddings(Embedder provider, EmbeddingClient client, UpstreamRequest asked, EmbeddingRequest request)
            implements Answers {
        @Override
        public String model() {
            return request.model();
        }

        @Override
        public boolean stream() {
            return false;
        }

        @Override
        public byte[] whole(JsonNode answer) throws UpstreamException {
            return client.write(asked, request, provider.read(request, answer));
        }

        @Override
        public StreamWriter writer() {
            throw new IllegalStateException("embeddings are no stream");
        }
    }
}
