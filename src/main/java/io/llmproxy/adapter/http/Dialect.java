package io.llmproxy.adapter.http;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.GoogleVerb;

/** The family of API that a client speaks, which decides how an error looks to it. */
public enum Dialect {
    OPENAI,
    ANTHROPIC,
    GEMINI,
    OLLAMA,
    AZURE,

    /** OpenAI's, but for the events of its streams, which have types. */
    RESPONSES;

    /** @param path as on the request line; may be malformed, since errors about it are rendered too */
    public static Dialect of(String path, HeaderFields headers) {
        if (under(path, "/v1/messages")) {
            return ANTHROPIC;
        }
        boolean models = under(path, "/v1/models");
        if ((models || under(path, "/v1/files")) && headers.contains("anthropic-version")) {
            return ANTHROPIC;
        }
        if (path.startsWith("/v1beta/") || models && GoogleVerb.ofPath(path) != null) {
            return GEMINI;
        }
        if (path.startsWith("/api/")) {
            return OLLAMA;
        }
        if (under(path, "/v1/responses") || under(path, "/openai/v1/responses")) {
            return RESPONSES;
        }
        return path.startsWith("/openai/") ? AZURE : OPENAI;
    }

    private static boolean under(String path, String prefix) {
        return path.startsWith(prefix) && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
    }
}
