package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.gateway.scan.JsonRequest;

/** What a request says it may generate, by the names alone that its own API has: a server is free to ignore any other. */
final class OutputBound {
    private OutputBound() {}

    /** -1: nothing that every server heeds. */
    static long of(JsonRequest request, PromptShape shape) {
        long said = switch (shape) {
            // servers differ in which of the two they heed
            case CHAT -> Math.max(request.maxTokens(), request.maxCompletionTokens());
            case RESPONSE -> request.maxOutputTokens();
            case COMPLETION, MESSAGES, CONTENTS, OLLAMA -> request.maxTokens();
            case EMBEDDING, EMBED_CONTENT, NONE -> -1;
        };
        // what others may read in its place raises it, and is none by itself
        long most = said <= 0 ? JsonRequest.UNBOUND : Math.max(said, request.otherTokens());
        return most == JsonRequest.UNBOUND ? -1 : most;
    }
}
