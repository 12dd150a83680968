package io.llmproxy.domain.route;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * By what requests are kept with one target, so that its prompt cache knows them.
 *
 * @param header in lower case: requests with the same value of that field; null: requests of the same user
 */
public record Stickiness(@Nullable String header) {
    /** Requests of the same user. */
    public static final Stickiness USER = new Stickiness(null);

    private static final String HEADER = "header:";

    /** @throws InvalidValueException where it is neither {@code user} nor {@code header:NAME} */
    public static Stickiness parse(String field, String text) {
        if (text.equals("user")) {
            return USER;
        }
        String name = text.startsWith(HEADER) ? text.substring(HEADER.length()) : "";
        if (!RouteMatch.isHeaderName(name)) {
            throw new InvalidValueException(field, "must be user or header:NAME, with the name of a header");
        }
        return new Stickiness(name.toLowerCase(Locale.ROOT));
    }

    /** What {@link #parse} takes. */
    public String word() {
        return header == null ? "user" : HEADER + header;
    }
}
