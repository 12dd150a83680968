package io.llmproxy;

import java.util.logging.LogManager;

/**
 * Keeps logging alive while the process stops: the JDK's own manager closes every handler in a shutdown hook of its own, beside
 * ours, and what is said of requests that were cut would be lost. Named by {@code java.util.logging.manager}.
 */
public final class ProcessLog extends LogManager {
    /** Called by the JDK alone. */
    public ProcessLog() {}

    /** Nothing: the process ends, and the handler writes through. */
    @Override
    public void reset() {}
}
