package io.llmproxy.adapter.http;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The time between the last answer and the end of a connection on which the client may still send. Closing at once would make
 * the system reset the connection, and the client might lose the answer that says why.
 */
final class Lingering {
    private static final Duration AT_MOST = Duration.ofSeconds(2);
    private static final Duration QUIET = Duration.ofMillis(200);

    private final Stall whole = new Stall();
    private final Stall silence = new Stall();

    /** Whether the connection is to be closed now, asked by another thread. */
    boolean over(long nowNanos) {
        return whole.longerThan(AT_MOST, nowNanos) || silence.longerThan(QUIET, nowNanos);
    }

    /** Discards the rest of a body, whose end the client knows. */
    void through(RequestBodyStream body) {
        whole.begin();
        try {
            body.discard();
        } finally {
            whole.end();
        }
    }

    /** Discards whatever comes until the client leaves or falls silent. */
    void through(Supplier<byte @Nullable []> bytes) {
        whole.begin();
        try {
            boolean more = true;
            while (more) {
                silence.begin();
                more = bytes.get() != null;
                silence.end();
            }
        } catch (RuntimeException e) {
            // the client has gone or was cut: what was to be avoided cannot be any more
            return;
        } finally {
            silence.end();
            whole.end();
        }
    }
}
