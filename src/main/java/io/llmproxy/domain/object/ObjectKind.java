package io.llmproxy.domain.object;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The families of objects that OpenAI's API stores under a provider's account. An id is unique within one of them. */
public enum ObjectKind {
    FILE("file", null),
    UPLOAD("upload", Duration.ofDays(7)),
    BATCH("batch", null),
    FINE_TUNING("fine-tuning job", null),
    RESPONSE("response", Duration.ofDays(90)),
    CONVERSATION("conversation", null),
    COMPLETION("chat completion", Duration.ofDays(90)),
    VECTOR_STORE("vector store", null),
    CONTAINER("container", Duration.ofDays(30)),
    VIDEO("video", null),
    /** A part of a response, which a later request may name instead of sending it again. */
    ITEM("item", Duration.ofDays(90)),
    /** What a fine-tuning job made, by the name that requests use. */
    MODEL("fine-tuned model", null);

    private final String noun;
    private final @Nullable Duration kept;

    ObjectKind(String noun, @Nullable Duration kept) {
        this.noun = noun;
        this.kept = kept;
    }

    /** What a client calls one, for messages. */
    public String noun() {
        return noun;
    }

    /**
     * How long it is remembered whose one is, well beyond the time after which providers delete it by themselves (an upload lives an
     * hour, a response 30 days); null: until it is deleted.
     */
    public @Nullable Duration kept() {
        return kept;
    }
}
