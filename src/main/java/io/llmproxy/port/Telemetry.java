package io.llmproxy.port;

import io.llmproxy.domain.usage.UsageRecord;

/** Counts what happens, for the metrics endpoint. Cheap enough for the hot path: no look-up, no formatting. Thread-safe. */
public interface Telemetry {
    /** A request of a known key ended. */
    void served(UsageRecord record);

    /** A request was refused before its key was known, with the status given. */
    void refusedUnknown(int status);

    /** A connection or an exchange began ({@code +1}) or ended ({@code -1}). */
    void inFlight(int delta);

    /** A limit that does not refuse was passed; {@code mode} is {@code soft} or {@code shadow}. */
    default void limitPassed(String scope, String metric, String mode) {}

    /** A request used so many tokens more than were reserved for it. */
    default void overran(long tokens) {}

    /** A budget of the metric was used up to a threshold, in percent, for the first time in its period. */
    default void alerted(String metric, int threshold) {}

    Telemetry NONE = new Telemetry() {
        @Override
        public void served(UsageRecord record) {}

        @Override
        public void refusedUnknown(int status) {}

        @Override
        public void inFlight(int delta) {}
    };
}
