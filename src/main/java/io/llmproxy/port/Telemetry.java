package io.llmproxy.port;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.UsageRecord;
import org.jspecify.annotations.Nullable;

/** Counts what happens, for the metrics endpoint. Cheap enough for the hot path: no look-up, no formatting. Thread-safe. */
public interface Telemetry {
    /**
     * A request of a known key ended.
     *
     * @param kind of the provider that its record names; null: it names none
     */
    void served(UsageRecord record, @Nullable ProviderKind kind);

    /** A request was refused before its key was known, with the status given. */
    void refusedUnknown(int status);

    /** A connection or an exchange began ({@code +1}) or ended ({@code -1}). */
    void inFlight(int delta);

    /** All limits of a request had room for it. */
    default void limitsGranted() {}

    /** A limit refused a request, or let it not go to the target that came first. */
    default void limitRefused(Limit limit) {}

    /** A request was let through by a limit that has less than a tenth left. */
    default void limitNear(Limit limit) {}

    /** A limit that does not refuse was passed; {@code mode} is {@code soft} or {@code shadow}. */
    default void limitPassed(String scope, String metric, String mode) {}

    /** A request used so many tokens more than were reserved for it. */
    default void overran(long tokens) {}

    /** A request cost so many millionths of a US dollar more than its limits had reserved for it. */
    default void overspent(long micros) {}

    /** A budget of the metric was used up to a threshold, in percent, for the first time in its period. */
    default void alerted(String metric, int threshold) {}

    /** So many things of a kind were taken out of a request; the kind is one of {@code PrivateKind}'s labels, or a pattern's. */
    default void redacted(String label, int count) {}

    Telemetry NONE = new Telemetry() {
        @Override
        public void served(UsageRecord record, @Nullable ProviderKind kind) {}

        @Override
        public void refusedUnknown(int status) {}

        @Override
        public void inFlight(int delta) {}
    };
}
