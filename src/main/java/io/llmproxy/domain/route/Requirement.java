package io.llmproxy.domain.route;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;

/** What a route asks of its targets, for requests that need it. */
public enum Requirement {
    /** A request with images goes to models that read them. */
    VISION,
    /** A request with tools goes to models that call them. */
    TOOLS,
    /** A request goes to models whose context window it fits into, and to a larger one where the provider says that it does not. */
    CONTEXT;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws InvalidValueException where it is none of the words */
    public static Requirement parse(String field, String text) {
        for (Requirement value : values()) {
            if (value.word().equals(text)) {
                return value;
            }
        }
        throw new InvalidValueException(field, "must be of vision, tools, context; got " + Checks.quoted(text));
    }
}
