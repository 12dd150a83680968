package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.EmbeddingClient;
import io.llmproxy.adapter.provider.support.chat.EmbeddingTasks;
import io.llmproxy.adapter.provider.support.chat.Json;
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
import io.llmproxy.domain.model.Quirk;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Embeddings as OpenAI's API reference has them ("Create embeddings"). */
public final class OpenAiEmbeddings implements EmbeddingClient, Embedder {
    private static final String PATH = "/embeddings";
    private static final Set<String> KNOWN =
            Set.of("model", "input", "dimensions", "encoding_format", "user", EmbeddingTasks.FIELD);

    @Override
    public boolean asks(String path) {
        return path.equals(PATH);
    }

    @Override
    public EmbeddingRequest read(UpstreamRequest asked, JsonNode body, Notes notes) {
        RequestNode request = new RequestNode(body);
        request.others(KNOWN).forEach(notes::unsupported);
        if (request.isList("input") && body.path("input").path(0).isNumber()
                || body.path("input").path(0).isArray()) {
            throw notes.impossible("input", "tokens are known to their model alone; send texts");
        }
        List<String> inputs = request.texts("input");
        if (inputs.isEmpty()) {
            throw request.wrong("input", "a text or a list of at least one");
        }
        String format = request.text("encoding_format");
        if (format != null && !format.equals("float") && !format.equals("base64")) {
            throw request.wrong("encoding_format", "float or base64");
        }
        return new EmbeddingRequest(
                request.requiredText("model"),
                inputs,
                request.count("dimensions", 1),
                "base64".equals(format),
                EmbeddingTasks.google(request),
                request.text("user"));
    }

    @Override
    public byte[] write(UpstreamRequest asked, EmbeddingRequest request, EmbeddingAnswer answer) {
        JsonOut out = new JsonOut();
        out.open().member("object", "list").name("data").openList();
        int index = 0;
        for (List<Float> vector : answer.vectors()) {
            out.open().member("object", "embedding").member("index", index++).name("embedding");
            if (request.base64()) {
                Vectors.writeBase64(out, vector);
            } else {
                Vectors.write(out, vector);
            }
            out.close();
        }
        out.closeList().member("model", answer.model());
        if (answer.usage().source() != TokenUsage.Source.NONE) {
            out.name("usage").open().member("prompt_tokens", answer.usage().input());
            out.member("total_tokens", answer.usage().total()).close();
        }
        return out.close().take();
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
    public int most(EmbeddingRequest request) {
        return Integer.MAX_VALUE;
    }

    @Override
    public Place place(EmbeddingRequest request) {
        return new Place(PATH, null);
    }

    @Override
    public byte[] write(EmbeddingRequest request, ProviderAccount to, Notes notes) {
        if (request.task() != null) {
            notes.unsupported("taskType");
        }
        JsonOut out = new JsonOut();
        out.open().member("model", request.model()).name("input").openList();
        request.inputs().forEach(out::text);
        String dimensions = to.kind().has(Quirk.OUTPUT_DIMENSION) ? "output_dimension" : "dimensions";
        out.closeList().optional(dimensions, request.dimensions());
        out.member("encoding_format", "float");
        if (!to.kind().has(Quirk.KNOWN_FIELDS_ONLY)) {
            out.optional("user", request.user());
        } else if (request.user() != null) {
            notes.hint("user");
        }
        return out.close().take();
    }

    @Override
    public EmbeddingAnswer read(EmbeddingRequest request, JsonNode answer) throws UpstreamException {
        List<List<Float>> vectors = new ArrayList<>();
        for (JsonNode item : answer.path("data")) {
            vectors.add(Vectors.read(item.path("embedding")));
        }
        if (vectors.size() != request.inputs().size()) {
            throw Unreadable.because("it has not as many embeddings as there are texts");
        }
        return new EmbeddingAnswer(
                Json.text(answer, "model", request.model()), vectors, OpenAiUsage.read(answer.path("usage")));
    }
}
