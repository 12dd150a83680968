package io.llmproxy.domain.usage;

import io.llmproxy.domain.model.ProviderAccount;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose price list counts for a provider: the seller's where its address is well known, since most of them are reached as
 * {@code openai} or {@code custom}, else that of its type.
 */
public final class Seller {
    private static final Map<String, String> BY_HOST = Map.ofEntries(
            Map.entry("api.openai.com", "openai"),
            Map.entry("api.anthropic.com", "anthropic"),
            Map.entry("generativelanguage.googleapis.com", "gemini"),
            Map.entry("api.mistral.ai", "mistral"),
            Map.entry("router.huggingface.co", "huggingface"),
            Map.entry("api.groq.com", "groq"),
            Map.entry("api.x.ai", "xai"),
            Map.entry("api.deepseek.com", "deepseek"),
            Map.entry("openrouter.ai", "openrouter"),
            Map.entry("api.together.xyz", "together"),
            Map.entry("api.fireworks.ai", "fireworks"),
            Map.entry("api.perplexity.ai", "perplexity"),
            Map.entry("api.moonshot.ai", "moonshot"),
            Map.entry("api.cerebras.ai", "cerebras"),
            Map.entry("api.deepinfra.com", "deepinfra"),
            Map.entry("api.inceptionlabs.ai", "inception"),
            Map.entry("inference.baseten.co", "baseten"),
            Map.entry("dashscope-intl.aliyuncs.com", "alibaba"));

    private Seller() {}

    public static String of(ProviderAccount account) {
        @Nullable String host = account.baseUrl().getHost();
        String known = host == null ? null : BY_HOST.get(host.toLowerCase(Locale.ROOT));
        return known == null ? account.kind().word() : known;
    }
}
