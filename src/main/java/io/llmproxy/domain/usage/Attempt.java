package io.llmproxy.domain.usage;

import org.jspecify.annotations.Nullable;

/**
 * An upstream call that failed and was followed by another one.
 *
 * @param model what the provider was asked for; null where the request names none
 * @param status that the provider answered; 0: it did not
 * @param reason one word of how it failed, as {@code status}, {@code connect} or {@code no-answer}
 * @param durationMicros from the call's begin until it had failed
 */
public record Attempt(String provider, @Nullable String model, int status, String reason, long durationMicros) {
    /** How many of one request are kept. */
    public static final int MOST = 32;
}
