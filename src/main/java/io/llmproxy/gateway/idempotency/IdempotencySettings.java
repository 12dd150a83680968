package io.llmproxy.gateway.idempotency;

import java.time.Duration;

/**
 * What an operator sets for requests with an Idempotency-Key; sizes in bytes.
 *
 * @param retention how long an answer is kept
 * @param maxAnswer the largest body that is recorded
 * @param memory for the answers of this process that run or wait to be stored, all together
 * @param maxStored for the stored answers of one tenant, as they are stored
 * @param patience how long a request waits for the first byte of the one that it repeats
 */
public record IdempotencySettings(Duration retention, long maxAnswer, long memory, long maxStored, Duration patience) {}
