package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The chains of the audit log. Blocks. */
public interface AuditChainStore {
    Optional<AuditChain> find(UUID chain);

    /** By id. */
    Page<AuditChain> list(Page.Request page);

    /** Events with numbers above {@code after} up to {@code last}, at most {@code max}, in their order. */
    List<AuditChain.Link> links(UUID chain, long after, long last, int max);

    /** Signatures of numbers from {@code from} to {@code to}, in the order of the numbers. */
    List<AuditChain.Head> heads(UUID chain, long from, long to);

    /** The number of the first event that is not older; empty: there is none. */
    Optional<Long> firstSince(UUID chain, @Nullable Instant from);

    /** The number of the last event that is older; empty: there is none. */
    Optional<Long> lastBefore(UUID chain, @Nullable Instant to);

    /**
     * Signs the newest event of each chain that has at least so many unsigned ones, or whose oldest unsigned one came before
     * {@code due}. Before it signs, it makes sure that the events since the last signature are as they were written.
     *
     * @return the signatures it made
     * @throws StoreException.Broken where they are not; the others are signed all the same
     */
    List<AuditChain.Head> sign(int unsigned, Instant due, Instant now);

    /**
     * Gives events that a version without chains wrote their place, at most {@code max} of them, in their order.
     *
     * @return how many; 0: none is left
     */
    int adopt(int max, Instant now);
}
