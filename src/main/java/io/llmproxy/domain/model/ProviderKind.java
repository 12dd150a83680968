package io.llmproxy.domain.model;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The types of provider that this version serves, by the contract's words. */
public enum ProviderKind {
    OPENAI("openai", "https://api.openai.com/v1", "", true),
    ANTHROPIC("anthropic", "https://api.anthropic.com", "/v1", true),
    GEMINI("gemini", "https://generativelanguage.googleapis.com", "/v1beta", true),
    MISTRAL("mistral", "https://api.mistral.ai/v1", "", true),
    HUGGINGFACE("huggingface", "https://router.huggingface.co/v1", "", true),
    OLLAMA("ollama", "http://127.0.0.1:11434", "/v1", false),
    CUSTOM("custom", null, "", false),
    SIMULATED("simulated", "simulated:?first-byte=150ms&tokens-per-second=50", "", false);

    private final String word;
    private final @Nullable String defaultBaseUrl;
    private final String prefix;
    private final boolean needsCredential;

    ProviderKind(String word, @Nullable String defaultBaseUrl, String prefix, boolean needsCredential) {
        this.word = word;
        this.defaultBaseUrl = defaultBaseUrl;
        this.prefix = prefix;
        this.needsCredential = needsCredential;
    }

    public String word() {
        return word;
    }

    /** The provider's own address; null where an operator must name one. */
    public @Nullable String defaultBaseUrl() {
        return defaultBaseUrl;
    }

    /** What stands between the base URL and the rest of a client's path below {@code /v1}. */
    public String prefix() {
        return prefix;
    }

    public boolean needsCredential() {
        return needsCredential;
    }

    /** Whether a stream tells its usage only where {@code stream_options.include_usage} asks; Mistral tells it always and refuses to be asked. */
    public boolean tellsUsageWhenAsked() {
        return this != MISTRAL;
    }

    /** What is asked behind the question mark for the whole list of models; null: nothing. Some give a short page unless asked for more. */
    public @Nullable String modelsQuery() {
        return switch (this) {
            case ANTHROPIC -> "limit=1000";
            case GEMINI -> "pageSize=1000";
            case OPENAI, MISTRAL, HUGGINGFACE, OLLAMA, CUSTOM, SIMULATED -> null;
        };
    }

    /** @throws InvalidValueException that lists the known types */
    public static ProviderKind parse(String text) {
        for (ProviderKind kind : values()) {
            if (kind.word.equals(text.toLowerCase(Locale.ROOT))) {
                return kind;
            }
        }
        String known = Arrays.stream(values()).map(ProviderKind::word).collect(Collectors.joining(", "));
        throw new InvalidValueException(
                "type", "this version serves " + known + "; got " + io.llmproxy.domain.Checks.quoted(text));
    }
}
