package io.llmproxy.adapter.http;

import java.time.Duration;

/**
 * How long the listener waits for a client before it takes its connection back.
 *
 * @param head from a request's first byte, or from the connection's beginning, to the end of its head
 * @param keepAlive between two requests
 * @param rate bytes per second that a body must come in, over any {@code window} of waiting for it; 0: any
 * @param idle for one read of a body, or one write of an answer
 */
public record ClientPatience(Duration head, Duration keepAlive, long rate, Duration window, Duration idle) {
    public static final ClientPatience DEFAULT = new ClientPatience(
            Duration.ofSeconds(10), Duration.ofSeconds(75), 1024, Duration.ofSeconds(10), Duration.ofSeconds(60));

    public ClientPatience withIdle(Duration limit) {
        return new ClientPatience(head, keepAlive, rate, window, limit);
    }

    /** Bytes that must come within one window. */
    long perWindow() {
        return rate * Math.max(1, window.toMillis()) / 1000;
    }
}
