package io.llmproxy.gateway.resilience;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What came of a provider's last check.
 *
 * @param trouble what was wrong, as {@code answered 503}; null: nothing
 * @param failuresInRow checks that failed, up to this one
 */
public record CheckState(Instant at, @Nullable String trouble, int failuresInRow) {
    /** One check may fail by chance. */
    private static final int ENOUGH = 2;

    /** Whether others come first. */
    public boolean failing() {
        return failuresInRow >= ENOUGH;
    }
}
