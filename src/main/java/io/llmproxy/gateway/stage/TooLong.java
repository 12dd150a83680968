package io.llmproxy.gateway.stage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Looks into the beginning of a provider's refusal for what it says of a request that is too long for the model: OpenAI's code and the texts of
 * those who have none (Anthropic, Gemini, vLLM, Mistral and others, by their own error texts).
 *
 * @param said whether it says so
 * @param body all of the answer's body, what was looked at included
 */
record TooLong(boolean said, InputStream body) {
    private static final int MOST = 16 * 1024;

    private static final List<String> WORDS = List.of(
            "context_length_exceeded", // OpenAI, Azure, Groq, Cerebras
            "exceed_context_size_error", // llama.cpp, and its words where the type is lost
            "exceeds the available context size",
            "maximum context length", // OpenAI, Mistral, vLLM, DeepSeek, OpenRouter, Ollama
            "maximum model length", // vLLM
            "maximum prompt length is", // xAI
            "prompt is too long", // Anthropic
            "exceed context limit",
            "Input is too long for requested model", // Bedrock
            "exceeds the maximum number of tokens", // Gemini
            "input token count",
            "too many tokens", // Cohere
            "`inputs` tokens + `max_new_tokens`", // Hugging Face's text-generation-inference, Together
            "`inputs` must have less than",
            "Number of input tokens exceeds maximum length", // Bedrock, Amazon's models
            "Too many input tokens",
            "exceeds the context length", // Ollama
            "exceeded max context length",
            "longer than the model's context length", // SGLang, Together
            "greater than the context length", // LM Studio
            "context length of only",
            "reduce the length of the messages", // Groq and others
            "too large for model with", // Mistral
            "context window");

    /** Whether an answer of this status may say so: what is wrong with the request, what is too large, what cannot be processed. */
    static boolean possible(int status) {
        return status == 400 || status == 413 || status == 422;
    }

    static TooLong of(InputStream body) throws IOException {
        byte[] beginning = body.readNBytes(MOST);
        String text = new String(beginning, StandardCharsets.UTF_8);
        boolean said = WORDS.stream().anyMatch(text::contains);
        return new TooLong(said, new SequenceInputStream(new ByteArrayInputStream(beginning), body));
    }
}
