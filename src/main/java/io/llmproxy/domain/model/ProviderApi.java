package io.llmproxy.domain.model;

/** The APIs that providers have. */
public enum ProviderApi {
    OPENAI,
    AZURE,
    ANTHROPIC,
    GEMINI,
    OLLAMA,
    COHERE,
    BEDROCK,
    SIMULATED
}
