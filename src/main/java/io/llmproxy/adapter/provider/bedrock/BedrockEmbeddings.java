package io.llmproxy.adapter.provider.bedrock;

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

/**
 * Embeddings by InvokeModel, whose bodies are each model family's own: Amazon's Titan, which takes one text at a time, and Cohere's
 * ("Inference request parameters and response fields for foundation models").
 */
final class BedrockEmbeddings implements Embedder {
    private static final int MOST_OF_COHERE = 96;

    private static boolean titan(EmbeddingRequest request) {
        return request.model().contains("amazon.titan-embed-text");
    }

    private static boolean cohere(EmbeddingRequest request) {
        return request.model().contains("cohere.embed");
    }

    @Override
    public int most(EmbeddingRequest request) {
        return titan(request) ? 1 : MOST_OF_COHERE;
    }

    @Override
    public String tokensField() {
        return "x-amzn-bedrock-input-token-count";
    }

    @Override
    public Place place(EmbeddingRequest request) {
        return new Place(BedrockChat.below(request.model(), "invoke"), null);
    }

    @Override
    public byte[] write(EmbeddingRequest request, ProviderAccount to, Notes notes) {
        if (request.user() != null) {
            notes.hint("user");
        }
        if (titan(request)) {
            return ofTitan(request, notes);
        }
        if (!cohere(request)) {
            throw notes.impossible("model", "embeddings are made by amazon.titan-embed-text and cohere.embed models");
        }
        JsonOut out = new JsonOut().open();
        out.name("texts").openList();
        request.inputs().forEach(out::text);
        out.closeList().member("input_type", EmbeddingTasks.cohere(request.task(), notes));
        out.name("embedding_types").openList().text("float").closeList();
        return out.optional("output_dimension", request.dimensions()).close().take();
    }

    private static byte[] ofTitan(EmbeddingRequest request, Notes notes) {
        if (request.task() != null) {
            notes.unsupported("taskType");
        }
        JsonOut out = new JsonOut().open();
        out.member("inputText", request.inputs().getFirst());
        if (request.dimensions() != null && request.model().contains("titan-embed-text-v1")) {
            notes.unsupported("dimensions");
        } else {
            out.optional("dimensions", request.dimensions());
        }
        return out.close().take();
    }

    @Override
    public EmbeddingAnswer read(EmbeddingRequest request, JsonNode answer) throws UpstreamException {
        if (titan(request)) {
            long tokens = Json.count(answer, "inputTextTokenCount");
            return new EmbeddingAnswer(
                    request.model(),
                    List.of(Vectors.read(answer.path("embedding"))),
                    tokens < 0 ? TokenUsage.NONE : TokenUsage.of(tokens, 0));
        }
        // by type since that was asked for; older models give a plain list
        JsonNode all = answer.path("embeddings");
        List<List<Float>> vectors = new ArrayList<>();
        for (JsonNode vector : all.isArray() ? all : all.path("float")) {
            vectors.add(Vectors.read(vector));
        }
        if (vectors.size() != request.inputs().size()) {
            throw Unreadable.because("it has not as many embeddings as there are texts");
        }
        return new EmbeddingAnswer(request.model(), vectors, TokenUsage.NONE);
    }
}
