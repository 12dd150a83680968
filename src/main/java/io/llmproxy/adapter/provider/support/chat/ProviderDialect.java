package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** How the providers of one API take conversations and answer them. Thread-safe. */
public interface ProviderDialect {
    /** Whether a POST to a path below {@code /v1} is a conversation in this very dialect, which goes through as it is. */
    boolean speaks(String path);

    /** Whether a provider of this dialect may be sent a POST to that path which is no conversation. */
    boolean takes(String path);

    /** The same of a client's request with these fields, which may show that the client means this very API. */
    default boolean takes(String path, HeaderFields client) {
        return takes(path);
    }

    /** Whether images and documents may be told by their URLs; where not, the operator may have them fetched here. */
    default boolean takesUrls() {
        return true;
    }

    /** Where a request goes. */
    Place place(ChatRequest request);

    /** The request as JSON; {@code notes} are told of what it cannot express. */
    byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes);

    /** @throws UpstreamException where a provider's answer is not what it must be */
    ChatAnswer readAnswer(JsonNode body) throws UpstreamException;

    /** The same of the answer to a request, where that says something of it. */
    default ChatAnswer readAnswer(ChatRequest request, JsonNode body) throws UpstreamException {
        return readAnswer(body);
    }

    /** How its streams are cut into events. */
    default StreamFormat streamFormat() {
        return StreamFormat.EVENTS;
    }

    /** Reads one stream of a provider, of its first choice. */
    StreamReader streamReader();

    /** Reads the stream that answers a request. */
    default StreamReader streamReader(ChatRequest request) {
        return streamReader();
    }

    /** How its providers make embeddings; null: they make none. */
    default @Nullable Embedder embedder() {
        return null;
    }

    /** @param body of a provider's error answer; missing where it is no JSON */
    ProviderFailure readFailure(int status, JsonNode body);

    /** After how many seconds an error answer invites to ask again, where its body says so and no field; null: it does not. */
    default @Nullable Long retryAfterSeconds(JsonNode body) {
        return null;
    }

    /** @param path below the type's prefix, beginning with a slash */
    record Place(String path, @Nullable String query) {}
}
