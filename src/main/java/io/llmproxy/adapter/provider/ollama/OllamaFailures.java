package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ProviderFailure;

/** Errors as Ollama tells them: a text. */
final class OllamaFailures {
    private static final int OVERLOADED_ELSEWHERE = 529;
    private static final int UNAVAILABLE = 503;

    private OllamaFailures() {}

    static byte[] write(ProviderFailure failure) {
        return new JsonOut().open().member("error", failure.message()).close().take();
    }

    static int status(ProviderFailure failure) {
        return failure.status() == OVERLOADED_ELSEWHERE ? UNAVAILABLE : failure.status();
    }
}
