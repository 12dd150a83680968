package io.llmproxy.adapter.provider.cohere;

import io.llmproxy.adapter.provider.support.Paths;
import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Chat of version 2, the dialect of Cohere's providers. */
public final class CohereChat implements ProviderDialect {
    private static final String CHAT = "/chat";
    private static final Embedder EMBEDDINGS = new CohereEmbeddings();
    private static final Set<String> VERSION_2 = Set.of(CHAT, "/embed", "/rerank");
    private static final Set<String> VERSION_1 = Set.of("/tokenize", "/detokenize");

    /** What version 2 has below it, all else below version 1. */
    public static Paths paths() {
        return CohereChat::target;
    }

    private static String target(UpstreamRequest request) {
        String prefix = request.passthrough() ? "" : VERSION_2.contains(request.path()) ? "/v2" : "/v1";
        return Paths.joined(prefix + request.path(), request.query());
    }

    @Override
    public boolean speaks(String path) {
        return path.equals(CHAT);
    }

    @Override
    public boolean takes(String path) {
        return VERSION_2.contains(path) || VERSION_1.contains(path);
    }

    @Override
    public Place place(ChatRequest request) {
        return new Place(CHAT, null);
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new CohereRequestWriter(request, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return CohereAnswers.read(body);
    }

    @Override
    public StreamReader streamReader() {
        return new CohereStreamReader();
    }

    @Override
    public Embedder embedder() {
        return EMBEDDINGS;
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return CohereAnswers.readFailure(status, body);
    }
}
