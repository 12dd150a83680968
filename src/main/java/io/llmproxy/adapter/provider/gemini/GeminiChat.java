package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.UpstreamException;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** generateContent, the dialect of Gemini's providers. */
public final class GeminiChat implements ProviderDialect {
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final String PREFIX = "models/";

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

    /** The model is a part of the path, and so it must be a plain name. */
    @Override
    public Place place(ChatRequest request) {
        String model =
                request.model().startsWith(PREFIX) ? request.model().substring(PREFIX.length()) : request.model();
        if (!MODEL.matcher(model).matches()) {
            throw Refusals.invalid("The model's name is none of Gemini's.", "model");
        }
        String path = "/models/" + model;
        return request.stream()
                ? new Place(path + ":streamGenerateContent", "alt=sse")
                : new Place(path + ":generateContent", null);
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new GeminiRequestWriter(request, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return GeminiAnswers.read(body);
    }

    @Override
    public StreamReader streamReader() {
        return new GeminiStreamReader();
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return GeminiFailures.read(status, body);
    }
}
