package io.llmproxy.domain.limit;

/**
 * Whose use a limit counts. The order is that in which counters are charged, from the narrowest: what one caller has used up
 * refuses it before it takes, if only for a moment, from what all share.
 */
public enum LimitScope {
    KEY("key", "per-key", 1),
    USER("user", "per-user", 2),
    IP("ip", "per-ip", 4),
    MODEL("model", "per-model", 8),
    ENDPOINT("endpoint", "per-endpoint", 16),
    PROVIDER("provider", "per-provider", 32),
    TENANT("tenant", "per-tenant", 64),
    GLOBAL("global", "global", 128);

    private final String word;
    private final String policy;
    private final int bit;

    LimitScope(String word, String policy, int bit) {
        this.word = word;
        this.policy = policy;
        this.bit = bit;
    }

    public String word() {
        return word;
    }

    /** The scope's name in {@code X-RateLimit-Policy}. */
    public String policy() {
        return policy;
    }

    /** A bit of its own, for sets of scopes. */
    public int bit() {
        return bit;
    }

    /** Whether {@code =X} may narrow it to certain subjects. */
    public boolean takesSubject() {
        return this != GLOBAL && this != TENANT;
    }

    public static LimitScope parse(String field, String text) {
        return Words.parse(field, text, values(), LimitScope::word);
    }
}
