package io.llmproxy.gateway.alert;

import io.llmproxy.port.AlertHook;
import io.llmproxy.port.AlertStore;
import io.llmproxy.port.AlertStore.Pending;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends alerts that wait, again and again until they are taken or too old. What waits is in the database: a few of it are read at a time,
 * and each attempt is claimed, so that of several processes one makes it. A process that dies in the middle of an attempt leaves the
 * alert to the next one, when its claim has run out. Blocks; used by one thread at a time, but for {@link #fault}.
 */
public final class AlertSender {
    private static final Logger LOG = System.getLogger(AlertSender.class.getName());
    private static final int AT_ONCE = 50;
    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** Longer than any attempt takes. */
    static final Duration CLAIM = Duration.ofMinutes(2);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LAST_PAUSE = Duration.ofMinutes(10);

    private static final Duration PURGE = Duration.ofHours(1);
    /** Longer than any period that ends. */
    private static final Duration KEPT = Duration.ofDays(62);

    private final AlertRules rules;
    private final AlertStore alerts;
    private final AlertHook hook;
    private final InstantSource clock;
    /** Longer than any pause: another process may have sent what this one could not. */
    private static final Duration LATELY = Duration.ofHours(1);

    private Instant purged = Instant.MIN;
    private boolean failing;
    private volatile @Nullable Refusal refusal;

    /** The last attempt, which failed. */
    private record Refusal(Instant at, String cause) {}

    public AlertSender(AlertRules rules, AlertStore alerts, AlertHook hook, InstantSource clock) {
        this.rules = rules;
        this.alerts = alerts;
        this.hook = hook;
        this.clock = clock;
    }

    /** Sends what is due; returns when to look again. */
    public Duration round() {
        try {
            purge();
            send();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.log(Level.WARNING, "event 6719: alerts of budgets cannot be sent, which is tried again", e);
            }
            failing = true;
        }
        return PERIOD;
    }

    /** That the webhook did not take the alert that was sent last, within the last hour; null: it did, or none was sent. */
    public @Nullable String fault() {
        Refusal last = refusal;
        return last == null || clock.instant().isAfter(last.at().plus(LATELY))
                ? null
                : "alerts of budgets do not reach the webhook and are sent again until they are too old: "
                        + last.cause() + "; look at its receiver and at alerts.webhook";
    }

    private void purge() {
        Instant now = clock.instant();
        if (purged.isBefore(now.minus(PURGE))) {
            alerts.purge(now.minus(KEPT));
            purged = now;
        }
    }

    private void send() {
        if (!rules.sends()) {
            return;
        }
        List<Pending> due = alerts.due(rules.realm(), clock.instant(), AT_ONCE);
        for (Pending pending : due) {
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            if (alerts.take(pending, clock.instant().plus(CLAIM))) {
                attempt(pending);
            }
        }
    }

    private void attempt(Pending pending) {
        try {
            hook.send(pending.alert(), clock.instant());
            refusal = null;
            alerts.next(pending.alert().id(), null);
        } catch (IOException e) {
            failed(pending, e);
        }
    }

    private void failed(Pending pending, IOException cause) {
        Instant now = clock.instant();
        refusal = new Refusal(now, String.valueOf(cause.getMessage()));
        boolean over = !now.isBefore(pending.alert().at().plus(rules.retryFor()));
        if (over) {
            LOG.log(
                    Level.ERROR,
                    "event 6718: the webhook did not take an alert after " + (pending.attempts() + 1)
                            + " attempts, which is given up: " + cause.getMessage() + ". The alert: "
                            + pending.alert().text());
        } else if (pending.attempts() == 0) {
            LOG.log(
                    Level.WARNING,
                    "event 6602: the webhook did not take an alert, which is sent again: " + cause.getMessage());
        }
        alerts.next(pending.alert().id(), over ? null : now.plus(pause(pending.attempts())));
    }

    /** Twice as long each time. */
    static Duration pause(int attempts) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts, 10));
        return pause.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : pause;
    }
}
