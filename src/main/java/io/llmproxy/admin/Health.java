package io.llmproxy.admin;

import java.util.List;

/**
 * Whether the appliance can serve.
 *
 * @param started whether the start is over
 * @param obstacles why requests cannot be served now; empty: they can
 */
public record Health(boolean started, List<String> obstacles) {
    public Health {
        obstacles = List.copyOf(obstacles);
    }

    public boolean ready() {
        return started && obstacles.isEmpty();
    }
}
