package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.GoogleVerb;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.UpstreamException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** generateContent, the dialect of Gemini; what is asked for and the model stand in the path. */
public final class GeminiChat implements ClientDialect, ProviderDialect {
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final String PREFIX = "models/";
    private static final String MODELS = "/models/";
    private static final Embedder EMBEDDINGS = new GeminiEmbeddings();

    private static @Nullable GoogleVerb verb(String path) {
        return path.startsWith(MODELS) ? GoogleVerb.ofPath(path) : null;
    }

    @Override
    public boolean speaks(String path) {
        return verb(path) != null;
    }

    @Override
    public boolean takes(String path) {
        return false;
    }

    @Override
    public @Nullable Operation operation(String path) {
        return switch (verb(path)) {
            case GENERATE, STREAM -> Operation.CHAT;
            case COUNT -> Operation.COUNT;
            case EMBED, EMBED_ALL -> null;
            case null -> null;
        };
    }

    @Override
    public PromptShape shape() {
        return PromptShape.CONTENTS;
    }

    @Override
    public boolean takesUrls() {
        return false;
    }

    /** The model is a part of the path, and so it must be a plain name. */
    @Override
    public Place place(ChatRequest request) {
        String path = MODELS + name(request.model());
        return request.stream()
                ? new Place(path + ":streamGenerateContent", "alt=sse")
                : new Place(path + ":generateContent", null);
    }

    /** A model's name as it may stand in a path. */
    static String name(String model) {
        String name = model.startsWith(PREFIX) ? model.substring(PREFIX.length()) : model;
        if (!MODEL.matcher(name).matches()) {
            throw Refusals.invalid("The model's name is none of Gemini's.", "model");
        }
        return name;
    }

    @Override
    public Embedder embedder() {
        return EMBEDDINGS;
    }

    @Override
    public ChatRequest readRequest(JsonNode body, Operation operation, Notes notes) {
        String model = Json.text(body, "model", "");
        String name = model.startsWith(PREFIX) ? model.substring(PREFIX.length()) : model;
        return new GeminiRequestReader(body, notes).read(name, false, operation);
    }

    @Override
    public ChatRequest readRequest(UpstreamRequest asked, JsonNode body, Operation operation, Notes notes) {
        String path = asked.path();
        String model = ClientPath.decoded(path.substring(MODELS.length(), path.lastIndexOf(':')));
        return new GeminiRequestReader(body, notes).read(model, verb(path) == GoogleVerb.STREAM, operation);
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new GeminiRequestWriter(request, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return GeminiAnswers.read(body, null);
    }

    @Override
    public ChatAnswer readAnswer(ChatRequest request, JsonNode body) throws UpstreamException {
        return GeminiAnswers.read(body, GeminiSigner.of(request));
    }

    @Override
    public byte[] writeAnswer(ChatAnswer answer, long created) throws UpstreamException {
        return GeminiAnswerWriter.write(answer, true);
    }

    @Override
    public byte[] writeAnswer(ChatRequest request, ChatAnswer answer, long created) throws UpstreamException {
        return GeminiAnswerWriter.write(answer, request.thoughtsTold());
    }

    @Override
    public StreamReader streamReader() {
        return new GeminiStreamReader(1, null);
    }

    @Override
    public StreamReader streamReader(ChatRequest request) {
        return new GeminiStreamReader(request.choices(), GeminiSigner.of(request));
    }

    @Override
    public StreamWriter streamWriter(ChatRequest request, long created) {
        return new GeminiStreamWriter(true, request.thoughtsTold());
    }

    /** One list in JSON unless {@code alt=sse} asks for events. */
    @Override
    public StreamWriter streamWriter(ChatRequest request, long created, @Nullable String query) {
        boolean events = query != null && ("&" + query + "&").contains("&alt=sse&");
        return new GeminiStreamWriter(events, request.thoughtsTold());
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return GeminiFailures.read(status, body);
    }

    @Override
    public @Nullable Long retryAfterSeconds(JsonNode body) {
        return GeminiFailures.retryAfterSeconds(body);
    }

    @Override
    public byte[] writeFailure(ProviderFailure failure) {
        return GeminiFailures.write(failure);
    }

    @Override
    public int status(ProviderFailure failure) {
        return GeminiFailures.status(failure);
    }

    @Override
    public byte[] writeCount(long tokens) {
        return new JsonOut().open().member("totalTokens", tokens).close().take();
    }
}
