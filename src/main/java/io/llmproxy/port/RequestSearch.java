package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;

/** Finds requests in the ledger. Blocks. */
public interface RequestSearch {
    /** The newest first. A page may be short, even empty, and not the last, where few of many requests match. */
    Page<UsageRecord> search(RequestQuery query, Page.Request page);

    /**
     * Adds the next part of the ledger to the index, one step of a tenth of a second or so. Searches find what is not in it all the same, but
     * slowly where it is much.
     *
     * @return false: there was nothing to add, or it needs no index
     */
    default boolean index() {
        return false;
    }
}
