package io.llmproxy.domain.limit;

import io.llmproxy.domain.usage.Usd;
import java.util.List;

/** What a limit counts. */
public enum LimitMetric {
    REQUESTS("requests"),
    /** Input and output together. */
    TOKENS("tokens"),
    INPUT_TOKENS("input-tokens"),
    OUTPUT_TOKENS("output-tokens"),
    /** Money, in millionths of a US dollar. */
    COST("cost"),
    /** Requests that run at one time. */
    CONCURRENCY("concurrency");

    private final String word;

    LimitMetric(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public boolean tokens() {
        return this == TOKENS || this == INPUT_TOKENS || this == OUTPUT_TOKENS;
    }

    /** Whether it is used up for money's sake, so that a refusal is one of payment and not of pace. */
    public boolean budget() {
        return tokens() || this == COST;
    }

    /** An amount of it as users write it: US dollars where it is money, which is kept in millionths of them. */
    public String text(long amount) {
        return this == COST ? Usd.ofMicros(amount) : Long.toString(amount);
    }

    /** The same with its unit, as {@code 12.5 USD}. */
    public String withUnit(long amount) {
        return text(amount) + " " + (this == COST ? "USD" : word.replace('-', ' '));
    }

    public static LimitMetric parse(String field, String text) {
        return Words.parse(field, text, values(), LimitMetric::word);
    }

    public static List<LimitMetric> ofTokens() {
        return List.of(TOKENS, INPUT_TOKENS, OUTPUT_TOKENS);
    }
}
