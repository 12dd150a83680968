package io.llmproxy.gateway.estimate;

/** Where a request has the text that its model reads, by OpenAI's API reference and those of the others that are named. */
public enum PromptShape {
    CHAT("/chat/completions"),
    COMPLETION("/completions"),
    RESPONSE("/responses"),
    EMBEDDING("/embeddings", "/api/embed"),
    /** Anthropic's, by its API reference. */
    MESSAGES("/v1/messages"),
    /** Google's, by the Gemini API's reference. */
    CONTENTS(":generateContent", ":streamGenerateContent"),
    /** Google's embeddings. */
    EMBED_CONTENT(":embedContent", ":batchEmbedContents"),
    /** Ollama's, by its API documentation. */
    OLLAMA("/api/chat", "/api/generate"),
    /** Nothing that is counted by its text: sound, images, stored objects. */
    NONE("");

    private static final PromptShape[] ALL = values();
    private final String end;
    private final String otherEnd;

    PromptShape(String end) {
        this(end, end);
    }

    PromptShape(String end, String otherEnd) {
        this.end = end;
        this.otherEnd = otherEnd;
    }

    /** Whether nothing is generated but numbers. */
    public boolean embeds() {
        return this == EMBEDDING || this == EMBED_CONTENT;
    }

    /** What a POST to that path carries; what stands before the last segments is the provider's business. */
    public static PromptShape of(String path) {
        String plain = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        for (PromptShape shape : ALL) {
            if (plain.endsWith(shape.end) || plain.endsWith(shape.otherEnd)) {
                return shape;
            }
        }
        return NONE;
    }
}
