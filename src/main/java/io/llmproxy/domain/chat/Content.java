package io.llmproxy.domain.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A piece of what somebody says. Where a piece has a {@code cache}, the conversation up to its end is to be kept in the
 * provider's prompt cache for that long, {@code 5m} or {@code 1h}; null: nothing is said about it.
 */
public sealed interface Content {
    record Text(String text, @Nullable String cache) implements Content {
        public Text(String text) {
            this(text, null);
        }
    }

    /** @param detail how closely to look at it: {@code low}, {@code high}, {@code auto}; null: not said */
    record Image(
            Source source,
            @Nullable String detail,
            @Nullable String cache) implements Content {}

    /** A document, a PDF mostly. */
    record File(
            Source source, @Nullable String name, @Nullable String cache) implements Content {}

    /**
     * Sound.
     *
     * @param data in base64
     * @param format {@code wav}, {@code mp3}
     */
    record Audio(String data, String format) implements Content {}

    /**
     * The model wants a tool to be called.
     *
     * @param arguments as the model wrote them; they should be a JSON object and need not be
     */
    record ToolCall(
            String id,
            String name,
            String arguments,
            @Nullable String cache) implements Content {
        public ToolCall(String id, String name, String arguments) {
            this(id, name, arguments, null);
        }
    }

    /** @param failed whether the tool says that it could not do it */
    record ToolResult(
            String callId,
            List<Content> content,
            boolean failed,
            @Nullable String cache) implements Content {
        public ToolResult {
            content = List.copyOf(content);
        }
    }

    /** @param signature by which the provider knows its own thoughts again; null: it gave none */
    record Thinking(String text, @Nullable String signature) implements Content {
        /** Whether a provider that signs thoughts as such may know them again; a {@link SignedThought} is for its own model alone. */
        public boolean signed() {
            return signature != null && !signature.isEmpty() && !SignedThought.is(signature);
        }
    }

    /** Thoughts that only the provider can read. */
    record RedactedThinking(String data) implements Content {}

    /** What the model says in the place of an answer. */
    record Refusal(String text) implements Content {}

    /** Where an image or a file is. */
    sealed interface Source {
        /** @param base64 the bytes */
        record Bytes(String mediaType, String base64) implements Source {}

        record Url(String url) implements Source {}

        /** Stored with the provider before. */
        record Stored(String id) implements Source {}
    }
}
