package io.llmproxy.gateway;

import org.jspecify.annotations.Nullable;

/** What a Gemini client does with a model: the word behind the colon of {@code /v1beta/models/MODEL:WORD}. */
public enum GoogleVerb {
    GENERATE("generateContent"),
    STREAM("streamGenerateContent"),
    COUNT("countTokens"),
    EMBED("embedContent"),
    EMBED_ALL("batchEmbedContents");

    private final String word;

    GoogleVerb(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /** Null: none that the gateway serves. */
    public static @Nullable GoogleVerb of(String word) {
        for (GoogleVerb verb : values()) {
            if (verb.word.equals(word)) {
                return verb;
            }
        }
        return null;
    }

    /** That of a path; null: it has none. */
    public static @Nullable GoogleVerb ofPath(String path) {
        return of(path.substring(path.lastIndexOf(':') + 1));
    }
}
