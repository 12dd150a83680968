package io.llmproxy.domain.limit;

/** How use is counted over time. */
public enum LimitAlgorithm {
    /** What was used flows off at an even pace: a burst of the whole amount, then as fast as it flows off. */
    TOKEN_BUCKET("token-bucket"),
    /** From zero at the beginning of each period. */
    FIXED_WINDOW("fixed-window"),
    /** The period up to now, in segments of which the oldest is dropped when a new one begins. */
    SLIDING_WINDOW("sliding-window");

    private final String word;

    LimitAlgorithm(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static LimitAlgorithm parse(String field, String text) {
        return Words.parse(field, text, values(), LimitAlgorithm::word);
    }

    /** What is meant where nothing is said: even for short periods, the calendar's for long ones. */
    public static LimitAlgorithm of(LimitPeriod period) {
        return switch (period) {
            case SECOND, MINUTE -> SLIDING_WINDOW;
            case HOUR, DAY, MONTH, TOTAL, NONE -> FIXED_WINDOW;
        };
    }
}
