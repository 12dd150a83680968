package io.llmproxy.adapter.provider.support;

import org.jspecify.annotations.Nullable;

/**
 * Where a provider's API wants to be told who calls, and which version is meant.
 *
 * @param credentialField the header field of the credential
 * @param credentialPrefix what stands before it there
 * @param versionField the header field of the API's version; null: that is the query's {@code api-version}
 * @param defaultVersion what is said there where neither client nor operator say anything
 */
public record Access(
        String credentialField,
        String credentialPrefix,
        @Nullable String versionField,
        String defaultVersion) {
    /** As OpenAI has it, and whoever speaks its format. */
    public static final Access BEARER = new Access("Authorization", "Bearer ", null, "");

    /** As Azure OpenAI has it ("Authentication" of its REST API reference); its version is a part of the query. */
    public static final Access AZURE = new Access("api-key", "", null, "");

    /** As Google has it for the Gemini API ("Using Gemini API keys"); its version is a part of the path. */
    public static final Access GOOGLE = new Access("x-goog-api-key", "", null, "");

    /** As Anthropic has it ("Versions" and "Authentication" of its API reference). */
    public static final Access ANTHROPIC = new Access("x-api-key", "", "anthropic-version", "2023-06-01");
}
