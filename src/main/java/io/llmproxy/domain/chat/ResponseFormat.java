package io.llmproxy.domain.chat;

import org.jspecify.annotations.Nullable;

/** What form the answer's text has. */
public sealed interface ResponseFormat {
    /** Any JSON object. */
    record JsonObject() implements ResponseFormat {}

    /**
     * JSON by a schema.
     *
     * @param name what the schema is called
     * @param strict whether the answer must keep to it; null: not said
     */
    record JsonSchema(
            String name,
            @Nullable String description,
            JsonText schema,
            @Nullable Boolean strict) implements ResponseFormat {}
}
