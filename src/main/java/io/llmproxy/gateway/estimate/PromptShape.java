package io.llmproxy.gateway.estimate;

/** Where a request has the text that its model reads, by OpenAI's API reference. */
public enum PromptShape {
    CHAT("/chat/completions"),
    COMPLETION("/completions"),
    RESPONSE("/responses"),
    EMBEDDING("/embeddings"),
    /** Anthropic's, by its API reference. */
    MESSAGES("/v1/messages"),
    /** Nothing that is counted by its text: sound, images, stored objects. */
    NONE("");

    private static final PromptShape[] ALL = values();
    private final String end;

    PromptShape(String end) {
        this.end = end;
    }

    /** What a POST to that path carries; what stands before the last segments is the provider's business. */
    public static PromptShape of(String path) {
        String plain = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        for (PromptShape shape : ALL) {
            if (plain.endsWith(shape.end)) {
                return shape;
            }
        }
        return NONE;
    }
}
