package io.llmproxy.adapter.provider.ollama;

/** The two forms of a conversation. */
enum OllamaForm {
    /** Messages in, a message out. */
    CHAT("/api/chat"),
    /** A prompt in, a text out. */
    GENERATE("/api/generate");

    private final String path;

    OllamaForm(String path) {
        this.path = path;
    }

    String path() {
        return path;
    }
}
