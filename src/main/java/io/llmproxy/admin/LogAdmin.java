package io.llmproxy.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.port.LogControl;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The log of the process, to the installation's admins alone. Its levels are no managed state: they end with the process, and change
 * while the database is away too, which is when they are wanted; then the log alone says who did it. Thread-safe; blocks.
 */
public final class LogAdmin {
    /** What stands for all loggers that have no level of their own. */
    public static final String ALL = "all";

    private static final Logger LOG = System.getLogger(LogAdmin.class.getName());
    private static final Pattern NAME = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$]*(?:\\.[A-Za-z0-9_$]+)*");
    private static final int LONGEST = 200;

    private final AdminStores stores;
    private final LogControl log;
    private final InstantSource clock;

    public LogAdmin(AdminStores stores, LogControl log, InstantSource clock) {
        this.stores = stores;
        this.log = log;
        this.clock = clock;
    }

    public LogControl log(Actor actor) {
        check(actor);
        return log;
    }

    /**
     * @param logger {@link #ALL}, or its name
     * @param level null: what it was at the start
     */
    public void set(Actor actor, String logger, LogControl.@Nullable Threshold level) {
        check(actor);
        if (logger.length() > LONGEST || !NAME.matcher(logger).matches()) {
            throw new InvalidValueException(
                    "logger", "must be a name such as io.llmproxy.gateway, or all; got " + Checks.quoted(logger));
        }
        log.set(logger.equals(ALL) ? "" : logger, level);
        String to = level == null ? "default" : level.word();
        LOG.log(
                Level.INFO,
                "event 6004: the level of the logger `" + logger + "` is " + to + " now, by " + actor.name());
        record(actor, logger, to);
    }

    private void record(Actor actor, String logger, String to) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        AuditEvent event = new AuditEvent(
                Ids.next(now), now, null, null, actor, "log.level", "logger/" + logger, Map.of("level", to));
        try {
            stores.transactor().inTransaction(() -> {
                stores.audit().append(event);
                return true;
            });
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "event 6004: the level of the logger `" + logger + "` is " + to + " now, by " + actor.name()
                            + ", which the audit log cannot be told while the database is away");
        }
    }

    private static void check(Actor actor) {
        if (!actor.admin()) {
            throw AdminException.forbidden("the log is shown to the installation's admins, as it is of all tenants");
        }
    }
}
