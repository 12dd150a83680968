package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.EmbeddingClient;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect.Place;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.adapter.provider.support.chat.Vectors;
import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.GoogleVerb;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Embeddings as the Gemini API's reference has them ({@code EmbedContentRequest}, {@code BatchEmbedContentsRequest}). */
public final class GeminiEmbeddings implements EmbeddingClient, Embedder {
    private static final String MODELS = "/models/";
    private static final int MOST = 100;
    private static final Set<String> KNOWN = Set.of("model", "content", "taskType", "title", "outputDimensionality");

    @Override
    public boolean asks(String path) {
        GoogleVerb verb = path.startsWith(MODELS) ? GoogleVerb.ofPath(path) : null;
        return verb == GoogleVerb.EMBED || verb == GoogleVerb.EMBED_ALL;
    }

    @Override
    public EmbeddingRequest read(UpstreamRequest asked, JsonNode body, Notes notes) {
        String path = asked.path();
        String model = ClientPath.decoded(path.substring(MODELS.length(), path.lastIndexOf(':')));
        RequestNode whole = new RequestNode(GeminiNames.plain(body));
        List<RequestNode> requests =
                GoogleVerb.ofPath(path) == GoogleVerb.EMBED ? List.of(whole) : whole.objects("requests");
        if (requests.isEmpty()) {
            throw whole.wrong("requests", "a list of at least one");
        }
        List<String> inputs = new ArrayList<>();
        RequestNode first = requests.getFirst();
        Integer dimensions = first.count("outputDimensionality", 1);
        String task = first.text("taskType");
        for (RequestNode request : requests) {
            request.others(KNOWN).forEach(name -> notes.unsupported(request.at(name)));
            if (request.has("title")) {
                notes.unsupported(request.at("title"));
            }
            boolean same = Objects.equals(dimensions, request.count("outputDimensionality", 1))
                    && Objects.equals(task, request.text("taskType"));
            if (!same) {
                throw notes.impossible(request.at("outputDimensionality"), "all texts are embedded alike there");
            }
            inputs.add(text(request.requiredObject("content"), notes));
        }
        boolean plain = task == null || task.equals("TASK_TYPE_UNSPECIFIED");
        return new EmbeddingRequest(model, inputs, dimensions, false, plain ? null : task, null);
    }

    private static String text(RequestNode content, Notes notes) {
        StringBuilder out = new StringBuilder();
        for (RequestNode part : content.objects("parts")) {
            if (!part.has("text")) {
                throw notes.impossible(part.at("text"), "only texts are embedded there");
            }
            out.append(part.requiredText("text"));
        }
        return out.toString();
    }

    @Override
    public byte[] write(UpstreamRequest asked, EmbeddingRequest request, EmbeddingAnswer answer) {
        JsonOut out = new JsonOut().open();
        if (GoogleVerb.ofPath(asked.path()) == GoogleVerb.EMBED) {
            vector(out.name("embedding"), answer.vectors().getFirst());
        } else {
            out.name("embeddings").openList();
            answer.vectors().forEach(vector -> vector(out, vector));
            out.closeList();
        }
        if (answer.usage().source() != TokenUsage.Source.NONE) {
            out.name("usageMetadata")
                    .open()
                    .member("promptTokenCount", answer.usage().input());
            out.member("totalTokenCount", answer.usage().total()).close();
        }
        return out.close().take();
    }

    private static void vector(JsonOut out, List<Float> vector) {
        out.open().name("values");
        Vectors.write(out, vector);
        out.close();
    }

    @Override
    public byte[] writeFailure(ProviderFailure failure) {
        return GeminiFailures.write(failure);
    }

    @Override
    public int status(ProviderFailure failure) {
        return GeminiFailures.status(failure);
    }

    /** As the reference of {@code batchEmbedContents} has it. */
    @Override
    public int most(EmbeddingRequest request) {
        return MOST;
    }

    @Override
    public Place place(EmbeddingRequest request) {
        return new Place(MODELS + GeminiChat.name(request.model()) + ":batchEmbedContents", null);
    }

    @Override
    public byte[] write(EmbeddingRequest request, ProviderAccount to, Notes notes) {
        if (request.user() != null) {
            notes.hint("user");
        }
        JsonOut out = new JsonOut().open();
        out.name("requests").openList();
        for (String input : request.inputs()) {
            out.open().member("model", "models/" + GeminiChat.name(request.model()));
            out.name("content").open().name("parts").openList();
            out.open().member("text", input).close().closeList().close();
            out.optional("taskType", request.task()).optional("outputDimensionality", request.dimensions());
            out.close();
        }
        return out.closeList().close().take();
    }

    @Override
    public EmbeddingAnswer read(EmbeddingRequest request, JsonNode answer) throws UpstreamException {
        List<List<Float>> vectors = new ArrayList<>();
        for (JsonNode item : answer.path("embeddings")) {
            vectors.add(Vectors.read(item.path("values")));
        }
        if (vectors.size() != request.inputs().size()) {
            throw Unreadable.because("it has not as many embeddings as there are texts");
        }
        return new EmbeddingAnswer(request.model(), vectors, GeminiAnswers.usage(answer.path("usageMetadata")));
    }
}
