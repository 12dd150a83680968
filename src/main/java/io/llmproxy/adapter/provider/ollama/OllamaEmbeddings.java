package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.EmbeddingClient;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.adapter.provider.support.chat.Vectors;
import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.Provider.UpstreamRequest;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Embeddings as Ollama's clients ask for them: {@code /api/embed} for some texts, {@code /api/embeddings} for one, as it was before. */
public final class OllamaEmbeddings implements EmbeddingClient {
    private static final String ALL = "/api/embed";
    private static final String ONE = "/api/embeddings";
    private static final Set<String> KNOWN =
            Set.of("model", "input", "prompt", "dimensions", "truncate", "keep_alive", "options");

    @Override
    public boolean asks(String path) {
        return path.equals(ALL) || path.equals(ONE);
    }

    @Override
    public EmbeddingRequest read(UpstreamRequest asked, JsonNode body, Notes notes) {
        RequestNode request = new RequestNode(body);
        request.others(KNOWN).forEach(notes::unsupported);
        for (String hint : List.of("truncate", "keep_alive", "options")) {
            if (request.has(hint)) {
                notes.hint(hint);
            }
        }
        boolean one = asked.path().equals(ONE);
        List<String> inputs = one ? List.of(request.requiredText("prompt")) : request.texts("input");
        if (inputs.isEmpty()) {
            throw request.wrong("input", "a text or a list of at least one");
        }
        return new EmbeddingRequest(
                request.requiredText("model"), inputs, request.count("dimensions", 1), false, null, null);
    }

    @Override
    public byte[] write(UpstreamRequest asked, EmbeddingRequest request, EmbeddingAnswer answer) {
        JsonOut out = new JsonOut().open();
        if (asked.path().equals(ONE)) {
            Vectors.write(out.name("embedding"), answer.vectors().getFirst());
            return out.close().take();
        }
        out.member("model", answer.model()).name("embeddings").openList();
        answer.vectors().forEach(vector -> Vectors.write(out, vector));
        out.closeList();
        if (answer.usage().source() != TokenUsage.Source.NONE) {
            out.member("prompt_eval_count", answer.usage().input());
        }
        return out.close().take();
    }

    @Override
    public byte[] writeFailure(ProviderFailure failure) {
        return OllamaFailures.write(failure);
    }

    @Override
    public int status(ProviderFailure failure) {
        return OllamaFailures.status(failure);
    }
}
