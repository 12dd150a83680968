package io.llmproxy;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;

/** Parts of the appliance in the order in which they were opened; they close in reverse. Opening is one thread's. */
final class Parts implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Parts.class.getName());

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Returns it, which closes before all that were opened so far. */
    <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    /** All; one that fails does not keep the others open. Idempotent. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            AutoCloseable part = opened.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "stopping " + part.getClass().getSimpleName() + " failed", e);
            }
        }
    }
}
