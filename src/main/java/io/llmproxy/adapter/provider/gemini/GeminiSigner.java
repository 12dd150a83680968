package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.SignedCallId;
import io.llmproxy.domain.chat.SignedThought;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a model signed in places from which clients of other APIs send it back. The API's guide ("Thought signatures",
 * ai.google.dev/gemini-api/docs/thought-signatures) has signatures with calls, which it insists on, and with texts and thoughts, which
 * it recommends to return; an answer without calls has its own with the last part, in a stream one whose text may be empty.
 *
 * @param model that was asked
 * @param thoughts whether the client asked for thoughts, and so expects something beside the answer that it is to send back
 */
record GeminiSigner(String model, boolean thoughts) {
    static GeminiSigner of(ChatRequest request) {
        Reasoning asked = request.reasoning();
        return new GeminiSigner(GeminiChat.name(request.model()), asked != null && !(asked instanceof Reasoning.Off));
    }

    /** The id of a call with its signature; one that cannot carry it gives way to {@code other}. */
    String call(String id, String other, String signature) {
        return SignedCallId.of(SignedCallId.carries(id) ? id : other, model, signature);
    }

    /** The signature of a thought that stands for one of a part; null: there is none, or the client has no use for it. */
    @Nullable
    String thought(SignedThought.Part part, @Nullable String signature) {
        return !thoughts || signature == null || signature.isEmpty() ? null : SignedThought.of(part, model, signature);
    }
}
