package io.llmproxy.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * A function that the model may have called.
 *
 * @param schema of its arguments, a JSON schema
 * @param strict whether the arguments must keep to the schema; null: not said
 * @param cache as {@link Content} has it
 */
public record Tool(
        String name,
        @Nullable String description,
        JsonText schema,
        @Nullable Boolean strict,
        @Nullable String cache) {}
