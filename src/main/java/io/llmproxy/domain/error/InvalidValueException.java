package io.llmproxy.domain.error;

/** A value that breaks the rule of its field; the message says which rule, and never repeats a secret. */
public final class InvalidValueException extends IllegalArgumentException {
    private final String field;
    private final String rule;

    public InvalidValueException(String field, String rule) {
        super(field + ": " + rule);
        this.field = field;
        this.rule = rule;
    }

    public String field() {
        return field;
    }

    /** The message without the field. */
    public String rule() {
        return rule;
    }

    /** A text as it may stand in an error: shortened, control characters replaced. */
    public static String quoted(String value) {
        String cut = value.length() <= 64 ? value : value.substring(0, 61) + "...";
        StringBuilder out = new StringBuilder("`");
        cut.chars().forEach(c -> out.append(Character.isISOControl(c) ? '?' : (char) c));
        return out.append('`').toString();
    }
}
