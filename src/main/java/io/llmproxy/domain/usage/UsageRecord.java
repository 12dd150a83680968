package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One line of account for one request; names stand beside ids, since the ledger outlives what it is about.
 *
 * @param requestId our own UUIDv7, the identity of the line
 * @param caller who asked
 * @param call what was asked for
 * @param result how it went
 * @param unaudited whether the tenant kept no audit when it was made: it is counted and billed, and no audit shows it, then or later
 */
public record UsageRecord(
        UUID requestId,
        @Nullable String clientRequestId,
        @Nullable String upstreamRequestId,
        Instant startedAt,
        Caller caller,
        Call call,
        Result result,
        boolean unaudited) {
    /** In the place of an error code: the answer was another request's with the same Idempotency-Key, and cost nothing. */
    public static final String IDEMPOTENT_REPLAY = "idempotent_replay";

    /** One that audits show. */
    public UsageRecord(
            UUID requestId,
            @Nullable String clientRequestId,
            @Nullable String upstreamRequestId,
            Instant startedAt,
            Caller caller,
            Call call,
            Result result) {
        this(requestId, clientRequestId, upstreamRequestId, startedAt, caller, call, result, false);
    }

    /**
     * Who asked.
     *
     * @param address where from, kept only where a limit of addresses has to find its use again after a restart: an IPv4 address, or of
     *     an IPv6 address what such limits tell apart; null otherwise
     */
    public record Caller(
            UUID tenantId,
            String tenantSlug,
            @Nullable UUID userId,
            @Nullable String userEmail,
            UUID keyId,
            String keyName,
            @Nullable String address) {}

    /**
     * What was asked for.
     *
     * @param endpoint the path without its variable parts, as {@code /v1/chat/completions}
     * @param requestedModel what the client asked for; null where a request names none
     * @param upstreamModel what the provider was asked for
     */
    public record Call(
            String method,
            String endpoint,
            @Nullable String requestedModel,
            @Nullable String provider,
            @Nullable String upstreamModel) {}

    /**
     * How it went.
     *
     * @param status the HTTP status that the client saw; 499 where it had gone before any
     * @param errorCode the gateway's own error code, or {@link #IDEMPOTENT_REPLAY}; null where it raised none
     * @param stream whether a stream was asked for
     * @param cost what it cost by the prices of the moment when it began
     * @param failed the calls among the attempts that failed and were followed by another, and the targets that were passed over, in
     *     their order
     */
    public record Result(
            int status,
            Outcome outcome,
            @Nullable String errorCode,
            boolean stream,
            TokenUsage tokens,
            Effort effort,
            Cost cost,
            List<Attempt> failed) {
        public Result {
            failed = List.copyOf(failed);
        }
    }

    /**
     * What it took.
     *
     * @param durationMicros from the request's first byte to the last of the answer
     * @param firstByteMicros until the first byte of the answer's body went out; -1 where none did
     * @param overheadMicros of the duration, what was spent in the gateway itself before the upstream call
     * @param attempts upstream calls made
     */
    public record Effort(
            long requestBytes,
            long responseBytes,
            long durationMicros,
            long firstByteMicros,
            long overheadMicros,
            int attempts) {}

    /** The same of a caller at that address. */
    public UsageRecord from(@Nullable String address) {
        Caller c = caller;
        Caller there = new Caller(c.tenantId, c.tenantSlug, c.userId, c.userEmail, c.keyId, c.keyName, address);
        return new UsageRecord(
                requestId, clientRequestId, upstreamRequestId, startedAt, there, call, result, unaudited);
    }

    /** The same as a tenant has it that keeps no audit. */
    public UsageRecord withoutAudit() {
        return new UsageRecord(requestId, clientRequestId, upstreamRequestId, startedAt, caller, call, result, true);
    }

    /** Whether limits count it: what was refused, and what another request's answer was repeated for, they do not. */
    public boolean charged() {
        return result.outcome != Outcome.REFUSED && !IDEMPOTENT_REPLAY.equals(result.errorCode);
    }

    public UUID tenantId() {
        return caller.tenantId;
    }

    public String tenantSlug() {
        return caller.tenantSlug;
    }

    public @Nullable UUID userId() {
        return caller.userId;
    }

    public @Nullable String userEmail() {
        return caller.userEmail;
    }

    public UUID keyId() {
        return caller.keyId;
    }

    public String keyName() {
        return caller.keyName;
    }

    public String method() {
        return call.method;
    }

    public String endpoint() {
        return call.endpoint;
    }

    public @Nullable String requestedModel() {
        return call.requestedModel;
    }

    public @Nullable String provider() {
        return call.provider;
    }

    public @Nullable String upstreamModel() {
        return call.upstreamModel;
    }

    public int status() {
        return result.status;
    }

    public Outcome outcome() {
        return result.outcome;
    }

    public @Nullable String errorCode() {
        return result.errorCode;
    }

    public boolean stream() {
        return result.stream;
    }

    public TokenUsage tokens() {
        return result.tokens;
    }

    public long requestBytes() {
        return result.effort.requestBytes;
    }

    public long responseBytes() {
        return result.effort.responseBytes;
    }

    public long durationMicros() {
        return result.effort.durationMicros;
    }

    public long firstByteMicros() {
        return result.effort.firstByteMicros;
    }

    public long overheadMicros() {
        return result.effort.overheadMicros;
    }

    public int attempts() {
        return result.effort.attempts;
    }

    public Cost cost() {
        return result.cost;
    }

    public List<Attempt> failed() {
        return result.failed;
    }
}
