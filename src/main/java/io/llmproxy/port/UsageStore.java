package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The ledger in the database. Blocks. */
public interface UsageStore {
    /** Adds records; those whose request id is there already are passed over. All or none; returns how many were new. */
    int append(List<UsageRecord> records);

    /** Sums, one row for each combination of the dimensions, ordered by them; one row where there are none. */
    List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by);

    /** What was used since {@code from}, or ever where that is null, of all tenants: for limits that outlive a process. */
    List<UsageQuery.Sum> sums(@Nullable Instant from);

    /** Records in the order in which they were written; the cursor is a position in that order. */
    Page<UsageRecord> list(UsageQuery query, Page.Request page);

    /** The cursor after the newest record: where a tail begins. */
    String end();

    /** Deletes at most {@code max} records of the tenant that began before; returns how many. */
    int purge(UUID tenantId, Instant before, int max);
}
