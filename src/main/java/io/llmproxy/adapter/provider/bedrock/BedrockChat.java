package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.adapter.provider.support.Paths;
import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamFormat;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.PercentEncoding;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.UpstreamException;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Converse and ConverseStream, the dialect of Amazon Bedrock. */
public final class BedrockChat implements ProviderDialect {
    /** Names of models and profiles, and ARNs. */
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,2047}");

    private static final Embedder EMBEDDINGS = new BedrockEmbeddings();
    private static final StreamFormat BINARY = new EventStream();

    /** As they are. */
    public static Paths paths() {
        return Paths.below("", null);
    }

    /** The list of models, whatever is asked. */
    public static Paths models() {
        return request -> "/foundation-models";
    }

    @Override
    public boolean speaks(String path) {
        return false;
    }

    @Override
    public boolean takes(String path) {
        return false;
    }

    @Override
    public boolean takesUrls() {
        return false;
    }

    /** The model is one segment of the path. */
    @Override
    public Place place(ChatRequest request) {
        return new Place(below(request.model(), request.stream() ? "converse-stream" : "converse"), null);
    }

    /** What is done with a model. */
    static String below(String model, String what) {
        if (!MODEL.matcher(model).matches() || model.contains("..")) {
            throw Refusals.invalid("The model's name is none of Bedrock's.", "model");
        }
        return "/model/" + PercentEncoding.of(model, PercentEncoding.UNRESERVED) + "/" + what;
    }

    @Override
    public Embedder embedder() {
        return EMBEDDINGS;
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new BedrockRequestWriter(request, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return BedrockAnswers.read(body);
    }

    @Override
    public StreamFormat streamFormat() {
        return BINARY;
    }

    @Override
    public StreamReader streamReader() {
        return new BedrockStreamReader();
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return BedrockAnswers.readFailure(status, body);
    }
}
