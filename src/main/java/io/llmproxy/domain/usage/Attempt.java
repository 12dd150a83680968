package io.llmproxy.domain.usage;

import org.jspecify.annotations.Nullable;

/**
 * An upstream call that failed and was followed by another one, or a target that was passed over without a call.
 *
 * @param model what the provider was asked for; null where the request names none
 * @param status that the provider answered; 0: it did not
 * @param reason one word of how it failed, as {@code status}, {@code connect} or {@code no-answer}, or why it was passed over
 * @param durationMicros from the call's begin until it had failed; 0: there was none
 */
public record Attempt(String provider, @Nullable String model, int status, String reason, long durationMicros) {
    /** How many of one request are kept. */
    public static final int MOST = 32;

    /** Passed over: it has failed too often of late. */
    public static final String LEFT_ALONE = "left-alone";

    /** Passed over: it asked for a pause. */
    public static final String RESTING = "resting";

    /** Passed over: it fails its active checks. */
    public static final String UNREACHABLE = "unreachable";

    /** Passed over: it lacks something, such as its credential. */
    public static final String NOT_READY = "not-ready";

    /** Passed over: a limit of its own is reached. */
    public static final String LIMIT = "limit";

    /** Passed over: as many calls run there as may. */
    public static final String FULL = "full";

    /** A target that was not called. */
    public static Attempt passedOver(String provider, @Nullable String model, String why) {
        return new Attempt(provider, model, 0, why, 0);
    }

    /** Whether it is a target that was not called. */
    public boolean passedOver() {
        return switch (reason) {
            case LEFT_ALONE, RESTING, UNREACHABLE, NOT_READY, LIMIT, FULL -> true;
            default -> false;
        };
    }
}
