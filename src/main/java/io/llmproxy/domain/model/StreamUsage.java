package io.llmproxy.domain.model;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;

/** Whether a provider is asked to tell the usage of a stream ({@code stream_options.include_usage}) where the client did not ask. */
public enum StreamUsage {
    /** As the provider's type has it. */
    AUTO,
    ON,
    OFF;

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws InvalidValueException where it is none of the words */
    public static StreamUsage parse(String field, String text) {
        for (StreamUsage value : values()) {
            if (value.word().equals(text)) {
                return value;
            }
        }
        throw new InvalidValueException(field, "must be auto, on or off; got " + Checks.quoted(text));
    }
}
