package io.llmproxy.gateway.alert;

import io.llmproxy.gateway.usage.Rounds;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Watches budgets and sends their alerts, by two virtual threads, so that a slow receiver keeps nobody from watching. */
public final class BudgetAlerts implements AutoCloseable {
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(2);

    private final Rounds watching;
    private final Rounds sending;
    private final AlertSender sender;

    public BudgetAlerts(BudgetWatch watch, AlertSender sender) {
        this.watching = new Rounds("budget-watch", watch::round);
        this.sender = sender;
        this.sending = new Rounds("alert-sender", sender::round);
    }

    public void start() {
        watching.start();
        sending.start();
    }

    /** What is wrong and what to do; null: nothing. */
    public @Nullable String fault() {
        return sender.fault();
    }

    /** What was not sent is sent after the next start. */
    @Override
    public void close() {
        watching.close(CLOSE_BOUND);
        sending.close(CLOSE_BOUND);
    }
}
