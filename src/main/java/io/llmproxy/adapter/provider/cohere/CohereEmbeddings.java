package io.llmproxy.adapter.provider.cohere;

import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.EmbeddingTasks;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect.Place;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.adapter.provider.support.chat.Vectors;
import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Embeddings as Cohere's API reference has them ("Embed", version 2). */
final class CohereEmbeddings implements Embedder {
    private static final int MOST = 96;

    @Override
    public int most(EmbeddingRequest request) {
        return MOST;
    }

    @Override
    public Place place(EmbeddingRequest request) {
        return new Place("/embed", null);
    }

    @Override
    public byte[] write(EmbeddingRequest request, ProviderAccount to, Notes notes) {
        if (request.user() != null) {
            notes.hint("user");
        }
        JsonOut out = new JsonOut().open();
        out.member("model", request.model()).name("texts").openList();
        request.inputs().forEach(out::text);
        out.closeList().member("input_type", EmbeddingTasks.cohere(request.task(), notes));
        out.name("embedding_types").openList().text("float").closeList();
        return out.optional("output_dimension", request.dimensions()).close().take();
    }

    @Override
    public EmbeddingAnswer read(EmbeddingRequest request, JsonNode answer) throws UpstreamException {
        List<List<Float>> vectors = new ArrayList<>();
        for (JsonNode vector : answer.path("embeddings").path("float")) {
            vectors.add(Vectors.read(vector));
        }
        if (vectors.size() != request.inputs().size()) {
            throw Unreadable.because("it has not as many embeddings as there are texts");
        }
        long tokens = Json.count(answer.path("meta").path("billed_units"), "input_tokens");
        return new EmbeddingAnswer(request.model(), vectors, tokens < 0 ? TokenUsage.NONE : TokenUsage.of(tokens, 0));
    }
}
