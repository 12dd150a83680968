package io.llmproxy.domain.limit;

/**
 * Whose use a limit counts. The order is that in which counters are charged, from the narrowest: what one caller has used up
 * refuses it before it takes, if only for a moment, from what all share.
 */
public enum LimitScope {
    KEY("key", "per-key"),
    USER("user", "per-user"),
    IP("ip", "per-ip"),
    MODEL("model", "per-model"),
    ENDPOINT("endpoint", "per-endpoint"),
    PROVIDER("provider", "per-provider"),
    TENANT("tenant", "per-tenant"),
    GLOBAL("global", "global");

    private final String word;
    private final String policy;

    LimitScope(String word, String policy) {
        this.word = word;
        this.policy = policy;
    }

    public String word() {
        return word;
    }

    /** The scope's name in {@code X-RateLimit-Policy}. */
    public String policy() {
        return policy;
    }

    /** Whether {@code =X} may narrow it to certain subjects. */
    public boolean takesSubject() {
        return this != GLOBAL && this != TENANT;
    }

    public static LimitScope parse(String field, String text) {
        return Words.parse(field, text, values(), LimitScope::word);
    }
}
