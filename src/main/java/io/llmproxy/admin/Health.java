package io.llmproxy.admin;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether the appliance can serve.
 *
 * @param started whether the start is over
 * @param obstacles why requests cannot be served now; empty: they can
 */
public record Health(boolean started, List<Obstacle> obstacles) {
    public Health {
        obstacles = List.copyOf(obstacles);
    }

    /** What may be in the way. A closed list of sentences that name nothing, since anybody who reaches the listener may ask. */
    public enum Obstacle {
        STARTING("the start is not over"),
        STOPPING("the server is stopping"),
        JOURNAL("the usage journal takes no records, and requests are refused until it does: see llmproxyctl status");

        private final String sentence;

        Obstacle(String sentence) {
            this.sentence = sentence;
        }

        public String sentence() {
            return sentence;
        }
    }

    public boolean ready() {
        return started && obstacles.isEmpty();
    }

    /** Why it is not ready; empty: it is. */
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        if (!started) {
            reasons.add(Obstacle.STARTING.sentence());
        }
        obstacles.forEach(o -> reasons.add(o.sentence()));
        return reasons;
    }
}
