package io.llmproxy.port;

import java.util.List;

/** The configuration and the life of this process, as administration sees them. Thread-safe; all but {@link #settings} blocks. */
public interface ProcessControl {
    /**
     * One key of the configuration in force.
     *
     * @param value as it may be shown to anybody
     * @param origin where it was set: {@code default}, {@code FILE:LINE}, {@code environment X}, {@code --set} or an option
     * @param reloads whether a reload applies a new value, as against a restart
     */
    record Setting(String key, String value, String origin, boolean reloads) {}

    /**
     * What a reading of the configuration found, as keys.
     *
     * @param applied are in force, or would be where nothing was applied
     * @param waiting have other values that only a restart applies
     */
    record Outcome(List<String> applied, List<String> waiting) {
        public Outcome {
            applied = List.copyOf(applied);
            waiting = List.copyOf(waiting);
        }
    }

    /** The configuration is faulty, and the one before stays in force. */
    final class FaultyConfiguration extends RuntimeException {
        /** @param message every fault, a line each, with its origin and key */
        public FaultyConfiguration(String message) {
            super(message, null, false, false);
        }
    }

    /** No successor can take over, and this process goes on. */
    final class NotRestarted extends RuntimeException {
        private final boolean busy;

        /** @param busy whether another restart is the reason */
        public NotRestarted(String message, boolean busy) {
            super(message, null, false, false);
            this.busy = busy;
        }

        public boolean busy() {
            return busy;
        }
    }

    /** Every key, in the order of the reference. */
    List<Setting> settings();

    /** Reads the configuration again and applies nothing. @throws FaultyConfiguration with every fault */
    Outcome check();

    /** Reads the configuration again and applies what can be. @throws FaultyConfiguration with every fault; nothing was applied */
    Outcome reload();

    /**
     * Starts a successor of this process, which serves when this returns; this one finishes its requests and ends.
     *
     * @return the successor's process id
     * @throws NotRestarted where none took over
     */
    long restart();
}
