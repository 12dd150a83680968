package io.llmproxy.config;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration: its name, its default as it would be written, and how its text is read.
 *
 * @param list whether the value is a list; its text form separates the items by commas
 * @param parser gets the value's text; throws {@link InvalidValueException} or {@link IllegalArgumentException}
 */
public record ConfigKey<T>(
        String name, @Nullable String fallback, boolean list, Function<List<String>, T> parser, String doc) {

    /** The environment variable that sets it. */
    public String variable() {
        return "LLMPROXY_" + name.replace('.', '_').replace('-', '_').toUpperCase(java.util.Locale.ROOT);
    }

    @Nullable
    T parse(@Nullable List<String> texts) {
        return texts == null ? null : parser.apply(texts);
    }
}
