package io.llmproxy.adapter.http.h2;

import java.time.Duration;

/**
 * How long a client is waited for that sends a body. Only time counts in which somebody waits, so that a gateway which is slow
 * itself blames nobody.
 *
 * @param idle how long nothing may come
 * @param perWindow bytes that must come within any {@code window} of waiting; 0: any
 */
public record BodyPatience(Duration idle, long perWindow, Duration window) {
    /** Without a rate. */
    static BodyPatience idle(Duration idle) {
        return new BodyPatience(idle, 0, idle);
    }
}
