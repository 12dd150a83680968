package io.llmproxy.gateway;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much is done for an answer where a target fails, as long as the client has seen nothing.
 *
 * @param retries how often the targets are begun with again when none is left
 * @param afterTimeout whether another call is made after a provider that has the request took too long, which may bill it twice
 * @param deadline for the whole request, all attempts included; null: none
 * @param widens whether a target that says that the request is too long for it is followed by one with a larger context window
 */
public record Persistence(
        int retries, boolean afterTimeout, @Nullable Duration deadline, boolean widens) {
    /** One call of each target. */
    public static final Persistence FAILOVER = new Persistence(0, false, null, false);
}
