package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One line of account for one request; names stand beside ids, since the ledger outlives what it is about.
 *
 * @param requestId our own UUIDv7, the identity of the line
 * @param endpoint the path without its variable parts, as {@code /v1/chat/completions}
 * @param requestedModel what the client asked for; null where a request names none
 * @param upstreamModel what the provider was asked for
 * @param status the HTTP status that the client saw; 499 where it had gone before any
 * @param errorCode the gateway's own error code, or {@link #IDEMPOTENT_REPLAY}; null where it raised none
 * @param durationMicros from the request's first byte to the last of the answer
 * @param firstByteMicros until the first byte of the answer's body went out; -1 where none did
 * @param overheadMicros of the duration, what was spent in the gateway itself before the upstream call
 * @param attempts upstream calls made
 * @param cost what it cost by the prices of the moment when it began
 * @param failed the calls among the attempts that failed and were followed by another, and the targets that were passed over, in their
 *     order
 */
public record UsageRecord(
        UUID requestId,
        @Nullable String clientRequestId,
        @Nullable String upstreamRequestId,
        Instant startedAt,
        UUID tenantId,
        String tenantSlug,
        @Nullable UUID userId,
        @Nullable String userEmail,
        UUID keyId,
        String keyName,
        String method,
        String endpoint,
        @Nullable String requestedModel,
        @Nullable String provider,
        @Nullable String upstreamModel,
        int status,
        Outcome outcome,
        @Nullable String errorCode,
        boolean stream,
        TokenUsage tokens,
        long requestBytes,
        long responseBytes,
        long durationMicros,
        long firstByteMicros,
        long overheadMicros,
        int attempts,
        Cost cost,
        List<Attempt> failed) {
    /** In the place of an error code: the answer was another request's with the same Idempotency-Key, and cost nothing. */
    public static final String IDEMPOTENT_REPLAY = "idempotent_replay";

    public UsageRecord {
        failed = List.copyOf(failed);
    }

    /** A record of a request without a call that failed and was followed by another. */
    public UsageRecord(
            UUID requestId,
            @Nullable String clientRequestId,
            @Nullable String upstreamRequestId,
            Instant startedAt,
            UUID tenantId,
            String tenantSlug,
            @Nullable UUID userId,
            @Nullable String userEmail,
            UUID keyId,
            String keyName,
            String method,
            String endpoint,
            @Nullable String requestedModel,
            @Nullable String provider,
            @Nullable String upstreamModel,
            int status,
            Outcome outcome,
            @Nullable String errorCode,
            boolean stream,
            TokenUsage tokens,
            long requestBytes,
            long responseBytes,
            long durationMicros,
            long firstByteMicros,
            long overheadMicros,
            int attempts,
            Cost cost) {
        this(
                requestId,
                clientRequestId,
                upstreamRequestId,
                startedAt,
                tenantId,
                tenantSlug,
                userId,
                userEmail,
                keyId,
                keyName,
                method,
                endpoint,
                requestedModel,
                provider,
                upstreamModel,
                status,
                outcome,
                errorCode,
                stream,
                tokens,
                requestBytes,
                responseBytes,
                durationMicros,
                firstByteMicros,
                overheadMicros,
                attempts,
                cost,
                List.of());
    }

    /** A record whose cost nobody reckoned, of one call: of an earlier version of the program. */
    public UsageRecord(
            UUID requestId,
            @Nullable String clientRequestId,
            @Nullable String upstreamRequestId,
            Instant startedAt,
            UUID tenantId,
            String tenantSlug,
            @Nullable UUID userId,
            @Nullable String userEmail,
            UUID keyId,
            String keyName,
            String method,
            String endpoint,
            @Nullable String requestedModel,
            @Nullable String provider,
            @Nullable String upstreamModel,
            int status,
            Outcome outcome,
            @Nullable String errorCode,
            boolean stream,
            TokenUsage tokens,
            long requestBytes,
            long responseBytes,
            long durationMicros,
            long firstByteMicros,
            long overheadMicros,
            int attempts) {
        this(
                requestId,
                clientRequestId,
                upstreamRequestId,
                startedAt,
                tenantId,
                tenantSlug,
                userId,
                userEmail,
                keyId,
                keyName,
                method,
                endpoint,
                requestedModel,
                provider,
                upstreamModel,
                status,
                outcome,
                errorCode,
                stream,
                tokens,
                requestBytes,
                responseBytes,
                durationMicros,
                firstByteMicros,
                overheadMicros,
                attempts,
                Cost.UNKNOWN,
                List.of());
    }
}
