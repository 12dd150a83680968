package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The ledger in the database. Blocks. */
public interface UsageStore {
    /** How far the database has come with a journal; {@link JournalPosition#START} where it knows none of its records. */
    JournalPosition position(UUID journal);

    /**
     * Adds the records and moves the journal's position, both or neither.
     *
     * @return false: the database does not stand where the batch begins, and nothing was changed; ask for its position
     */
    boolean append(UsageBatch batch);

    /** Sums, one row for each combination of the dimensions, ordered by them; one row where there are none. */
    List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by);

    /**
     * What was used, and not refused or only replayed, since {@code from}, or ever where that is null, of all tenants: for limits that outlive a process. What was refused has no tokens and costs nothing. Memory
     * grows with the number of sums alone.
     *
     * @param detailed false: the sums of models that providers were asked for, and of endpoints, are not told apart, and those two are
     *     null and empty; so the store may take sums that it keeps. True: it reads the records of that time
     */
    default List<UsageQuery.Sum> sums(@Nullable Instant from, boolean detailed) {
        Map<UsageQuery.Sum, UsageQuery.Sum> sums = new HashMap<>();
        each(new UsageQuery(null, null, from, null), r -> {
            if (r.charged()) {
                UsageQuery.Sum sum = UsageQuery.Sum.of(r);
                UsageQuery.Sum told = detailed ? sum : sum.plain();
                sums.merge(told.group(), told, UsageQuery.Sum::plus);
            }
        });
        return List.copyOf(sums.values());
    }

    /** Hears what was used in a slice of time, of the same group maybe several times. */
    @FunctionalInterface
    interface Slices {
        void add(Instant begin, UsageQuery.Sum sum);
    }

    /**
     * The same by slices of time, which begin at whole multiples of their width since 1970, in no certain order.
     *
     * @param from where a slice begins
     * @param to where one begins, exclusive; null: until now
     * @param width of a slice; a store may have sums by hour for what is not detailed
     */
    default void slices(Instant from, @Nullable Instant to, Duration width, boolean detailed, Slices sink) {
        SlicedSums sums = new SlicedSums(width, detailed, sink);
        each(new UsageQuery(null, null, from, to), sums::add);
        sums.end();
    }

    /** All records that match, in the order in which they were written; a few of them are held at one time. */
    default void each(UsageQuery query, Consumer<UsageRecord> sink) {
        String cursor = null;
        do {
            Page<UsageRecord> page = list(query, new Page.Request(Page.Request.MAX, cursor));
            page.items().forEach(sink);
            cursor = page.next();
        } while (cursor != null);
    }

    /**
     * Records in the order in which they were written; the cursor is a position in that order. A page may be short, even
     * empty, and not the last, where few of many records match.
     */
    Page<UsageRecord> list(UsageQuery query, Page.Request page);

    /** The cursor after the newest record: where a tail begins. */
    String end();

    /**
     * Deletes records of the tenant that began before, in whole blocks whose newest record did, until {@code max} are
     * deleted or more; returns how many. Sums of whole hours stay, so reports by what they know are as before.
     */
    int purge(UUID tenantId, Instant before, int max);

    /**
     * Proves what can be proved of the ledger; takes as long as reading all of it, and memory that does not grow with it.
     *
     * @param journals of this process, against which the database's positions are held
     */
    LedgerReport check(Map<UUID, UsageJournal.Extent> journals);
}
