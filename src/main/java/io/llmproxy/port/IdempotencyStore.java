package io.llmproxy.port;

import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who runs a request with an Idempotency-Key, and the answers of those that ran. A claim is held by one process at a time; one
 * that is not renewed within its lease, because its process died, is free again. Blocks. Thread-safe. Every method throws
 * {@link StoreException} where the store is away.
 */
public interface IdempotencyStore {
    /**
     * A request, as it is recognised when it comes again.
     *
     * @param identity of the caller, the method, the address and the key that it chose
     * @param content of the body
     * @param tenantId with whom the answer goes; null: nobody
     */
    record Request(
            Fingerprint identity,
            Fingerprint content,
            @Nullable UUID tenantId) {}

    /** The right to run a request, of one holder, told by {@code id}. */
    record Claim(Request request, UUID id) {}

    /** An answer to be kept until {@code expiresAt}. */
    record Recording(Claim claim, RecordedAnswer answer, Instant expiresAt) {}

    /** What is known of a request. */
    sealed interface State {
        /** Nothing, and the asker is now to run it: then to record or to release it. */
        record Granted(Claim claim) implements State {}

        /** Somebody else runs it. */
        record Running() implements State {}

        /** It ran, and this is the answer. */
        record Recorded(RecordedAnswer answer) implements State {}

        /** The same identity ran or runs with another content. */
        record Conflict() implements State {}
    }

    /** Claims the request unless it is known. */
    State claim(Request request, Instant now);

    /** How soon claims must be renewed; null: they hold as long as the process. */
    @Nullable
    Duration lease();

    /** Holds the claims for another lease; those that are held no more are left out silently. */
    void renew(List<Claim> claims);

    /** Keeps the answers and with them ends the claims, in one step; what is held no more is left out silently. */
    void record(List<Recording> recordings);

    /** Gives the claims up: the requests may be run again. */
    void release(List<Claim> claims);

    /** Deletes at most {@code max} answers and claims that expired before {@code now}; how many. */
    int purge(Instant now, int max);

    /** Deletes at most {@code max} answers, the oldest first, of owners that have more than {@code bytes} of them; how many. */
    int trim(long bytes, int max);
}
