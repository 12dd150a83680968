package io.llmproxy.domain.limit;

/** What happens at a limit's end. */
public enum LimitMode {
    /** Requests are refused. */
    HARD("hard"),
    /** Requests are served and marked. */
    SOFT("soft"),
    /** Nothing that a client could see: it is only counted what would have been refused. */
    SHADOW("shadow");

    private final String word;

    LimitMode(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static LimitMode parse(String field, String text) {
        return Words.parse(field, text, values(), LimitMode::word);
    }
}
