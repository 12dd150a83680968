package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.usage.TokenUsage;
import tools.jackson.databind.JsonNode;

/** The {@code usage} of answers and streams; Anthropic counts what the cache read and wrote beside {@code input_tokens}. */
final class AnthropicUsage {
    private AnthropicUsage() {}

    /** With what is not told here taken from {@code before}; {@link TokenUsage#NONE} where nothing plausible was ever told. */
    static TokenUsage read(JsonNode usage, TokenUsage before) {
        long fresh = Json.count(usage, "input_tokens");
        long output = Json.count(usage, "output_tokens");
        if (fresh < 0 && output < 0) {
            return before;
        }
        long read = or(Json.count(usage, "cache_read_input_tokens"), before.cachedInput());
        long written = or(Json.count(usage, "cache_creation_input_tokens"), before.cacheWrite());
        long rest = or(fresh, before.input() - before.cachedInput() - before.cacheWrite());
        return new TokenUsage(
                rest + read + written, or(output, before.output()), read, written, 0, 0, 0, TokenUsage.Source.PROVIDER);
    }

    private static long or(long told, long otherwise) {
        return told < 0 ? otherwise : told;
    }

    /** As a value; zeros where nothing is known, since clients cannot do without. */
    static void write(JsonOut out, TokenUsage usage) {
        long fresh = Math.max(0, usage.input() - usage.cachedInput() - usage.cacheWrite());
        out.open()
                .member("input_tokens", fresh)
                .member("cache_creation_input_tokens", usage.cacheWrite())
                .member("cache_read_input_tokens", usage.cachedInput())
                .member("output_tokens", usage.output())
                .close();
    }
}
