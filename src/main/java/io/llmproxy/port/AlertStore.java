package io.llmproxy.port;

import io.llmproxy.domain.limit.BudgetAlert;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Alerts of budgets, durable and shared by all processes of a database. A realm is the tenant that a process serves alone, or the empty
 * text: each has its own alerts. Every method blocks and throws {@link StoreException} where the database is away.
 */
public interface AlertStore {
    /**
     * An alert that is to be sent.
     *
     * @param attempts made to send it
     * @param dueAt when the next is due
     */
    record Pending(BudgetAlert alert, int attempts, Instant dueAt) {}

    /**
     * Keeps the alert, unless there is one of this counter, period, amount and threshold; false: there is, and it is not to be told again.
     *
     * @param counter what names the limit's counter for good
     * @param sendAt when it is to be sent; null: never
     */
    boolean claim(String realm, String counter, BudgetAlert alert, @Nullable Instant sendAt);

    /** Those that are due, the longest due first. */
    List<Pending> due(String realm, Instant now, int max);

    /** Makes an attempt at a pending alert this process's alone until then; false: somebody else was quicker. */
    boolean take(Pending pending, Instant until);

    /** Says when it is to be sent again; null: not any more. */
    void next(UUID alert, @Nullable Instant at);

    /** Forgets alerts of periods that end, found before then. */
    int purge(Instant before);
}
