package io.llmproxy.port;

import org.jspecify.annotations.Nullable;

/**
 * How one of several credentials of a provider does.
 *
 * @param name by which it is shown and removed; never a value
 * @param state {@link #READY}, {@link #RESTING} or {@link #FAULTY}
 * @param reason why it was refused last, or what is wrong with it; null: nothing
 * @param restSeconds until it is used again; 0: now
 */
public record CredentialState(
        String name, String state, @Nullable String reason, long restSeconds) {
    public static final String READY = "ready";

    /** The provider refused it, so others come first. */
    public static final String RESTING = "resting";

    /** It is not there or cannot be used. */
    public static final String FAULTY = "faulty";
}
