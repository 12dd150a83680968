package io.llmproxy.admin;

import org.jspecify.annotations.Nullable;

/**
 * How one model of a provider does, as the traffic of this process shows it.
 *
 * @param model null: requests that name none, and models beyond the most that are told apart
 * @param state {@code closed}: all calls go through; {@code open}: none; {@code half-open}: one, which decides; {@code resting}: the
 *     provider asked for a pause, so others come first
 * @param reason why the last call failed that did; null: none has
 * @param retrySeconds until it is tried again, or its pause is over; 0: now
 * @param firstByteMillis how long it takes to begin an answer, of late; 0: nobody knows
 */
public record TargetState(
        @Nullable String model, String state, @Nullable String reason, long retrySeconds, long firstByteMillis) {}
