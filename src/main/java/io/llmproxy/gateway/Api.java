package io.llmproxy.gateway;

/** Whose API a client's path is of, where that makes a difference to the gateway. */
public enum Api {
    /** Below {@code /v1/}: OpenAI's and Anthropic's. */
    V1,
    /** Google's Gemini API, below {@code /v1beta/models}; the model stands in the path. */
    GEMINI,
    /** OpenAI's as Azure has it, below {@code /openai/}; the deployment in the path is the model. */
    AZURE,
    /** Ollama's own, below {@code /api/}. */
    OLLAMA
}
