package io.llmproxy.port;

import io.llmproxy.domain.limit.BudgetAlert;
import java.io.IOException;
import java.time.Instant;

/** Whoever is told of alerts. Blocks, for a bounded time. */
public interface AlertHook {
    /** @throws IOException where it has not taken it; the message says why, for a log */
    void send(BudgetAlert alert, Instant now) throws IOException;
}
