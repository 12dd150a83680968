package io.llmproxy.domain.limit;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads the words of an enum as users write them. */
final class Words {
    private Words() {}

    /** @throws InvalidValueException naming the field and the words that would do */
    static <T> T parse(String field, String text, T[] values, Function<T, String> word) {
        for (T value : values) {
            if (word.apply(value).equals(text)) {
                return value;
            }
        }
        String known = Arrays.stream(values).map(word).collect(Collectors.joining(", "));
        throw new InvalidValueException(field, "must be one of " + known + "; got " + Checks.quoted(text));
    }
}
