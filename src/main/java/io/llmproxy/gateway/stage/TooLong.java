package io.llmproxy.gateway.stage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Looks into the beginning of a provider's 400 for what it says of a request that is too long for the model: OpenAI's code and the texts of
 * those who have none (Anthropic, Gemini, vLLM, Mistral and others, by their own error texts).
 *
 * @param said whether it says so
 * @param body all of the answer's body, what was looked at included
 */
record TooLong(boolean said, InputStream body) {
    private static final int MOST = 16 * 1024;

    private static final List<String> WORDS = List.of(
            "context_length_exceeded",
            "maximum context length",
            "prompt is too long",
            "exceeds the maximum number of tokens",
            "exceed context limit",
            "too large for model with",
            "context window");

    static TooLong of(InputStream body) throws IOException {
        byte[] beginning = body.readNBytes(MOST);
        String text = new String(beginning, StandardCharsets.UTF_8);
        boolean said = WORDS.stream().anyMatch(text::contains);
        return new TooLong(said, new SequenceInputStream(new ByteArrayInputStream(beginning), body));
    }
}
