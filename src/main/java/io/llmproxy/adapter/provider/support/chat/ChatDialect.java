package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.ChatRequest;

/** A dialect that both clients and providers speak. */
public interface ChatDialect extends ClientDialect, ProviderDialect {
    /** The path of a conversation below {@code /v1}. */
    String chatPath();

    @Override
    default boolean speaks(String path) {
        return operation(path) != null;
    }

    @Override
    default Place place(ChatRequest request) {
        return new Place(chatPath(), null);
    }
}
