package io.llmproxy.domain.usage;

/**
 * Tokens of one request. Input includes {@code cachedInput} and {@code cacheWrite}; output includes {@code reasoning}.
 *
 * @param source who counted
 */
public record TokenUsage(
        long input,
        long output,
        long cachedInput,
        long cacheWrite,
        long reasoning,
        long audioInput,
        long audioOutput,
        Source source) {

    /** Who counted the tokens. */
    public enum Source {
        /** The provider's answer said so. */
        PROVIDER,
        /** Counted here, since the answer did not say. */
        ESTIMATED,
        /** Nobody: there was nothing to count, or nothing said. */
        NONE
    }

    public static final TokenUsage NONE = new TokenUsage(0, 0, 0, 0, 0, 0, 0, Source.NONE);

    public static TokenUsage of(long input, long output) {
        return new TokenUsage(input, output, 0, 0, 0, 0, 0, Source.PROVIDER);
    }

    public long total() {
        return input + output;
    }
}
