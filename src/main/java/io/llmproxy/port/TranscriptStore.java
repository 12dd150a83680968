package io.llmproxy.port;

import io.llmproxy.domain.audit.Transcript;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Bodies of requests and answers, sealed under the master key. Blocks. */
public interface TranscriptStore {
    /** All or none; one that is there already stays. */
    void append(List<Transcript> transcripts);

    Optional<Transcript> find(UUID tenantId, UUID requestId);

    /** Deletes at most {@code max} of requests of the tenant that began before, the oldest first; returns how many. */
    int purge(UUID tenantId, Instant before, int max);

    /** Deletes at most {@code max} of tenants that are gone; returns how many. */
    int purgeDeleted(int max);
}
