package io.llmproxy.gateway;

import org.jspecify.annotations.Nullable;

/** Is told how the targets of one request are found, where somebody wants to know. */
public interface RouteTrace {
    /** The targets are those of a route, or were found in another way; {@code name} is empty there. */
    void found(String name, String why);

    /** A target that the request may not have. */
    void leftOut(String provider, @Nullable String model, String why);
}
