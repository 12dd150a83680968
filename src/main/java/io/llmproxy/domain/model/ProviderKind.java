package io.llmproxy.domain.model;

import static io.llmproxy.domain.model.Quirk.DOCUMENTS_BY_URL;
import static io.llmproxy.domain.model.Quirk.KNOWN_FIELDS_ONLY;
import static io.llmproxy.domain.model.Quirk.NEW_TOKEN_BOUND;
import static io.llmproxy.domain.model.Quirk.NO_MODEL_LIST;
import static io.llmproxy.domain.model.Quirk.NO_RESPONSES;
import static io.llmproxy.domain.model.Quirk.NO_SCHEMA;
import static io.llmproxy.domain.model.Quirk.NO_TOOLS;
import static io.llmproxy.domain.model.Quirk.OUTPUT_DIMENSION;
import static io.llmproxy.domain.model.Quirk.RANDOM_SEED;
import static io.llmproxy.domain.model.Quirk.SHORT_CALL_IDS;
import static io.llmproxy.domain.model.Quirk.SIGNED_THOUGHTS;
import static io.llmproxy.domain.model.Quirk.TELLS_USAGE_UNASKED;
import static io.llmproxy.domain.model.Quirk.TOP_K;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The types of provider that this version serves: the contract's words, each with an API of its own, and presets, which are sellers
 * and servers of OpenAI's format. What is to be known of a type stands here and nowhere else; addresses are those of the sellers'
 * own references.
 */
public enum ProviderKind {
    OPENAI("openai", ProviderApi.OPENAI, "https://api.openai.com/v1", true, NEW_TOKEN_BOUND),
    AZURE("azure", ProviderApi.AZURE, null, true, NEW_TOKEN_BOUND),
    ANTHROPIC("anthropic", ProviderApi.ANTHROPIC, "https://api.anthropic.com", true),
    GEMINI("gemini", ProviderApi.GEMINI, "https://generativelanguage.googleapis.com", true),
    MISTRAL(
            "mistral",
            ProviderApi.OPENAI,
            "https://api.mistral.ai/v1",
            true,
            TELLS_USAGE_UNASKED,
            KNOWN_FIELDS_ONLY,
            RANDOM_SEED,
            NO_RESPONSES,
            SHORT_CALL_IDS,
            DOCUMENTS_BY_URL,
            OUTPUT_DIMENSION),
    OLLAMA("ollama", ProviderApi.OLLAMA, "http://127.0.0.1:11434", false),
    COHERE("cohere", ProviderApi.COHERE, "https://api.cohere.com", true),
    HUGGINGFACE("huggingface", ProviderApi.OPENAI, "https://router.huggingface.co/v1", true),
    BEDROCK("bedrock", ProviderApi.BEDROCK, null, true),
    CUSTOM("custom", ProviderApi.OPENAI, null, false, SIGNED_THOUGHTS),
    SIMULATED("simulated", ProviderApi.SIMULATED, "simulated:?first-byte=150ms&tokens-per-second=50", false),

    VLLM("vllm", ProviderApi.OPENAI, "http://127.0.0.1:8000/v1", false, TOP_K),
    GROQ("groq", ProviderApi.OPENAI, "https://api.groq.com/openai/v1", true),
    TOGETHER("together", ProviderApi.OPENAI, "https://api.together.xyz/v1", true, TOP_K),
    FIREWORKS("fireworks", ProviderApi.OPENAI, "https://api.fireworks.ai/inference/v1", true, TOP_K),
    DEEPSEEK("deepseek", ProviderApi.OPENAI, "https://api.deepseek.com/v1", true, NO_SCHEMA, NO_RESPONSES),
    XAI("xai", ProviderApi.OPENAI, "https://api.x.ai/v1", true),
    OPENROUTER("openrouter", ProviderApi.OPENAI, "https://openrouter.ai/api/v1", true, TOP_K, SIGNED_THOUGHTS),
    PERPLEXITY(
            "perplexity",
            ProviderApi.OPENAI,
            "https://api.perplexity.ai",
            true,
            TELLS_USAGE_UNASKED,
            TOP_K,
            NO_TOOLS,
            NO_RESPONSES,
            NO_MODEL_LIST),
    CEREBRAS("cerebras", ProviderApi.OPENAI, "https://api.cerebras.ai/v1", true, NO_RESPONSES),
    NVIDIA("nvidia", ProviderApi.OPENAI, "https://integrate.api.nvidia.com/v1", true, NO_RESPONSES),
    OVH("ovh", ProviderApi.OPENAI, "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", false),
    SCALEWAY("scaleway", ProviderApi.OPENAI, "https://api.scaleway.ai/v1", true),
    LMSTUDIO("lmstudio", ProviderApi.OPENAI, "http://127.0.0.1:1234/v1", false, TOP_K),
    // its own default port, 8080, is this gateway's, so that an address must be named
    LLAMACPP("llamacpp", ProviderApi.OPENAI, null, false, TOP_K);

    private final String word;
    private final ProviderApi api;
    private final @Nullable String defaultBaseUrl;
    private final boolean needsCredential;
    /** A bit for each. */
    private final int quirks;

    ProviderKind(
            String word, ProviderApi api, @Nullable String defaultBaseUrl, boolean needsCredential, Quirk... quirks) {
        this.word = word;
        this.api = api;
        this.defaultBaseUrl = defaultBaseUrl;
        this.needsCredential = needsCredential;
        int bits = 0;
        for (Quirk quirk : quirks) {
            bits |= quirk.bit();
        }
        this.quirks = bits;
    }

    public String word() {
        return word;
    }

    public ProviderApi api() {
        return api;
    }

    /** The provider's own address; null where an operator must name one. */
    public @Nullable String defaultBaseUrl() {
        return defaultBaseUrl;
    }

    public boolean needsCredential() {
        return needsCredential;
    }

    public boolean has(Quirk quirk) {
        return (quirks & quirk.bit()) != 0;
    }

    /** An address of this type, for an error that asks for one. */
    public String exampleBaseUrl() {
        return switch (this) {
            case AZURE -> "https://NAME.openai.azure.com";
            case BEDROCK -> "https://bedrock-runtime.us-east-1.amazonaws.com, or the option region=us-east-1";
            case LLAMACPP -> "http://127.0.0.1:8090/v1";
            default -> defaultBaseUrl == null ? "https://llm.example.com/v1" : defaultBaseUrl;
        };
    }

    /** Whether a stream tells its usage only where {@code stream_options.include_usage} asks. */
    public boolean tellsUsageWhenAsked() {
        return !has(TELLS_USAGE_UNASKED);
    }

    /** What is asked behind the question mark for the whole list of models; null: nothing. Some give a short page unless asked for more. */
    public @Nullable String modelsQuery() {
        return switch (api) {
            case ANTHROPIC -> "limit=1000";
            case GEMINI -> "pageSize=1000";
            case COHERE -> "page_size=1000";
            case OPENAI, AZURE, OLLAMA, BEDROCK, SIMULATED -> null;
        };
    }

    /** What is asked for to see whether a provider answers and takes the credential; it costs nothing. */
    public String checkPath() {
        // the requests that run in the background, in the place of models
        return has(NO_MODEL_LIST) ? "/async/chat/completions" : "/models";
    }

    /** Whether requests name something else than the list of models does: a deployment, a profile. */
    public boolean listsOthersToo() {
        return api == ProviderApi.AZURE || api == ProviderApi.BEDROCK;
    }

    /** What is asked of a base URL, for who has got it wrong. */
    public String baseUrlRule() {
        return switch (api) {
            case OPENAI -> "does it have to end in /v1?";
            case AZURE, ANTHROPIC, GEMINI, OLLAMA, COHERE, BEDROCK, SIMULATED ->
                "it has to be an origin, without a path";
        };
    }

    /** The models of a type that gives no list of them. */
    public List<String> knownModels() {
        return has(NO_MODEL_LIST)
                ? List.of("sonar", "sonar-pro", "sonar-reasoning", "sonar-reasoning-pro", "sonar-deep-research")
                : List.of();
    }

    /**
     * What the models of a seller are called that makes them itself, where nobody else's are called so, for who declares them. Nothing is declared
     * unasked: a provider without declarations is what requests fall back to. None where models of others are hosted, which are many sellers'.
     */
    public List<String> ownModels() {
        return switch (this) {
            case ANTHROPIC -> List.of("claude-*");
            case GEMINI -> List.of("gemini-*");
            // others host models that were made from its own, and call them deepseek-…
            case DEEPSEEK -> List.of("deepseek-chat", "deepseek-reasoner");
            case XAI -> List.of("grok-*");
            case FIREWORKS -> List.of("accounts/fireworks/*");
            case PERPLEXITY -> List.of("sonar*");
            case OPENAI,
                    AZURE,
                    MISTRAL,
                    OLLAMA,
                    COHERE,
                    HUGGINGFACE,
                    BEDROCK,
                    CUSTOM,
                    SIMULATED,
                    VLLM,
                    GROQ,
                    TOGETHER,
                    OPENROUTER,
                    CEREBRAS,
                    NVIDIA,
                    OVH,
                    SCALEWAY,
                    LMSTUDIO,
                    LLAMACPP -> List.of();
        };
    }

    /** All words, as help texts and errors list them. */
    public static String words() {
        return Arrays.stream(values()).map(ProviderKind::word).collect(Collectors.joining(", "));
    }

    /** @throws InvalidValueException that lists the known types */
    public static ProviderKind parse(String text) {
        for (ProviderKind kind : values()) {
            if (kind.word.equals(text.toLowerCase(Locale.ROOT))) {
                return kind;
            }
        }
        throw new InvalidValueException("type", "this version serves " + words() + "; got " + Checks.quoted(text));
    }
}
