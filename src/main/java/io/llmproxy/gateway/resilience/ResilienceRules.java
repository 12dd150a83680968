package io.llmproxy.gateway.resilience;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an operator sets for failing providers.
 *
 * @param failures how many more calls must fail than succeed until a target's breaker opens; 0: never
 * @param pause of an open breaker until its first probe
 * @param retryPercent how many of a provider's running calls may be repetitions
 * @param retriesAtLeast how many may be in any case
 * @param timeout for the whole of a request, all attempts included, where no route says otherwise; null: none
 * @param mostRunning how many calls of one provider may run at a time, so that one that hangs does not take everything
 */
public record ResilienceRules(
        int failures,
        Duration pause,
        int retryPercent,
        int retriesAtLeast,
        @Nullable Duration timeout,
        int mostRunning) {
    public static final ResilienceRules DEFAULT =
            new ResilienceRules(10, Duration.ofSeconds(5), 20, 3, null, Integer.MAX_VALUE);
}
