package io.llmproxy.port;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the rows of all tables, one table after the other: those that others refer to come first. Used by one thread at a time;
 * what it throws ends the copy.
 */
public interface TableSink {
    void begin(TableLayout table);

    /**
     * One row of the table that was begun last.
     *
     * @param values in the order of the columns: a String, Long, Boolean, Instant, UUID or {@code byte[]} by its kind, or null; the
     *     list is the callee's for the time of the call alone
     */
    void row(List<@Nullable Object> values);

    /** The table has no more rows. */
    void end();
}
