package io.llmproxy.domain.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody says, in pieces.
 *
 * @param name tells participants of the same role apart; null: there is none
 */
public record Message(
        Role role, List<Content> content, @Nullable String name) {
    public Message {
        content = List.copyOf(content);
    }

    public static Message of(Role role, Content... content) {
        return new Message(role, List.of(content), null);
    }
}
