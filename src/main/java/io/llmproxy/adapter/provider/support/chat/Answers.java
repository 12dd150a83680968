package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What becomes of a provider's answers for one request of a client. */
sealed interface Answers {
    ClientForm client();

    /** The model that is asked. */
    String model();

    boolean stream();

    /** @throws UpstreamException where the answer is not what it must be, or cannot be told to the client */
    byte[] whole(HeaderFields head, JsonNode answer) throws UpstreamException;

    /** Of a request for a stream. */
    StreamReader reader();

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
        public byte[] whole(HeaderFields head, JsonNode answer) throws UpstreamException {
            return client.writeAnswer(request, named(provider.readAnswer(request, answer)), created);
        }

        /** Some providers do not say which model answered: then it is the one that was asked. */
        private ChatAnswer named(ChatAnswer answer) {
            return answer.model().isEmpty() ? answer.of(request.model()) : answer;
        }

        @Override
        public StreamReader reader() {
            return provider.streamReader(request);
        }

        @Override
        public StreamWriter writer() {
            return client.streamWriter(request, created, query);
        }
    }

    /**
     * Of texts to embed.
     *
     * @param parts the request as it is sent
     */
    record OfEmbeddings(
            Embedder provider,
            EmbeddingClient client,
            UpstreamRequest asked,
            EmbeddingRequest request,
            List<EmbeddingRequest> parts)
            implements Answers {
        private static final Pattern COUNT = Pattern.compile("[0-9]{1,12}");

        @Override
        public String model() {
            return request.model();
        }

        @Override
        public boolean stream() {
            return false;
        }

        @Override
        public byte[] whole(HeaderFields head, JsonNode answer) throws UpstreamException {
            return client.write(asked, request, counted(head, read(answer)));
        }

        private EmbeddingAnswer read(JsonNode answer) throws UpstreamException {
            if (parts.size() == 1) {
                return provider.read(request, answer);
            }
            List<EmbeddingAnswer> read = new ArrayList<>(parts.size());
            for (EmbeddingRequest part : parts) {
                read.add(provider.read(part, answer.path("answers").path(read.size())));
            }
            return EmbeddingAnswer.of(read);
        }

        private EmbeddingAnswer counted(HeaderFields head, EmbeddingAnswer answer) {
            String field = provider.tokensField();
            long tokens = field == null ? -1 : count(head, field);
            boolean told = answer.usage().source() != TokenUsage.Source.NONE;
            return told || tokens < 0
                    ? answer
                    : new EmbeddingAnswer(answer.model(), answer.vectors(), TokenUsage.of(tokens, 0));
        }

        /** A field that is a number; -1: it is none. */
        static long count(HeaderFields head, String field) {
            String text = head.first(field).orElse("").strip();
            return COUNT.matcher(text).matches() ? Long.parseLong(text) : -1;
        }

        @Override
        public StreamReader reader() {
            throw new IllegalStateException("embeddings are no stream");
        }

        @Override
        public StreamWriter writer() {
            throw new IllegalStateException("embeddings are no stream");
        }
    }
}
