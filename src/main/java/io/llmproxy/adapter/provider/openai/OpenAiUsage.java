package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.usage.TokenUsage;
import tools.jackson.databind.JsonNode;

/** The {@code usage} of answers and streams. */
final class OpenAiUsage {
    private OpenAiUsage() {}

    /** {@link TokenUsage#NONE} where nothing plausible is told. */
    static TokenUsage read(JsonNode usage) {
        long input = Json.count(usage, "prompt_tokens");
        long output = Json.count(usage, "completion_tokens");
        if (input < 0 && output < 0) {
            return TokenUsage.NONE;
        }
        JsonNode in = usage.path("prompt_tokens_details");
        JsonNode out = usage.path("completion_tokens_details");
        long whole = Math.max(0, input);
        long cached = Math.clamp(Json.count(in, "cached_tokens"), 0, whole);
        long written = Math.clamp(Json.count(in, "cache_write_tokens"), 0, whole - cached);
        return new TokenUsage(
                whole,
                Math.max(0, output),
                cached,
                written,
                Math.max(0, Json.count(out, "reasoning_tokens")),
                Math.max(0, Json.count(in, "audio_tokens")),
                Math.max(0, Json.count(out, "audio_tokens")),
                TokenUsage.Source.PROVIDER);
    }

    /** As a value. */
    static void write(JsonOut out, TokenUsage usage) {
        out.open()
                .member("prompt_tokens", usage.input())
                .member("completion_tokens", usage.output())
                .member("total_tokens", usage.total());
        out.name("prompt_tokens_details").open().member("cached_tokens", usage.cachedInput());
        if (usage.cacheWrite() > 0) {
            out.member("cache_write_tokens", usage.cacheWrite());
        }
        out.close();
        out.name("completion_tokens_details").open().member("reasoning_tokens", usage.reasoning());
        out.close().close();
    }
}
