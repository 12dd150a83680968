package io.llmproxy.gateway.stage;

import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.TargetHealth;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Why a target is not called.
 *
 * @param word one of {@link Attempt}'s, for the ledger
 * @param text for people
 */
record Obstacle(String word, String text) {
    /** Of what the target itself is like; null: nothing is in the way. Takes nothing. */
    static @Nullable Obstacle of(Exchange x, Target target, TargetHealth health, long now) {
        if (target.provider().fault() != null) {
            return new Obstacle(Attempt.NOT_READY, Failures.of(target) + " is not ready to be called");
        }
        UUID tenant =
                HealthBoard.blamed(target.provider(), x.principal().tenant().id());
        if (!health.allows(tenant, now)) {
            return new Obstacle(Attempt.LEFT_ALONE, Failures.of(target) + " has failed too often of late");
        }
        return null;
    }
}
