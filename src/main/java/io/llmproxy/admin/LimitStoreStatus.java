package io.llmproxy.admin;

import java.time.Instant;

/**
 * Where limits are counted.
 *
 * @param store {@code memory}: this process alone; {@code postgresql}: shared by leases
 * @param state {@code ok}, or {@code away} where the store does not answer
 * @param since when that began
 * @param processes how many share the limits, this one included
 */
public record LimitStoreStatus(String store, String state, Instant since, int processes) {}
