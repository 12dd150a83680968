package io.llmproxy.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * An error as a provider told it.
 *
 * @param status of the answer; 0: it came within a stream
 * @param type the word by which the provider knows it; null: it has none
 * @param code what it says beside the type; null: nothing
 * @param param the request's field at fault; null: none is named
 */
public record ProviderFailure(
        int status,
        @Nullable String type,
        String message,
        @Nullable String code,
        @Nullable String param) {}
