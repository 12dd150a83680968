package io.llmproxy.admin;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.port.ProcessControl;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/**
 * The configuration and the life of the process, to the installation's admins alone. Works while the database is away, which is when
 * a configuration may have to change; then the log alone says who did it. Thread-safe; blocks.
 */
public final class ProcessAdmin {
    private static final Logger LOG = System.getLogger(ProcessAdmin.class.getName());

    private final AdminStores stores;
    private final ProcessControl process;
    private final InstantSource clock;

    public ProcessAdmin(AdminStores stores, ProcessControl process, InstantSource clock) {
        this.stores = stores;
        this.process = process;
        this.clock = clock;
    }

    /** Every key of the configuration in force. */
    public List<ProcessControl.Setting> settings(Actor actor) {
        check(actor);
        return process.settings();
    }

    /** What a reload would do. @throws AdminException with every fault of the configuration */
    public ProcessControl.Outcome checkConfiguration(Actor actor) {
        check(actor);
        try {
            return process.check();
        } catch (ProcessControl.FaultyConfiguration e) {
            throw AdminException.invalid(String.valueOf(e.getMessage()));
        }
    }

    /** @throws AdminException with every fault of the configuration; nothing was applied */
    public ProcessControl.Outcome reload(Actor actor) {
        check(actor);
        try {
            ProcessControl.Outcome outcome = process.reload();
            record(
                    actor,
                    "config.reload",
                    Map.of(
                            "applied", String.join(",", outcome.applied()),
                            "waiting", String.join(",", outcome.waiting())));
            return outcome;
        } catch (ProcessControl.FaultyConfiguration e) {
            record(actor, "config.reload-refused", Map.of("fault", String.valueOf(e.getMessage())));
            throw AdminException.invalid("the configuration in force stays: " + e.getMessage());
        }
    }

    /** @return the successor's process id. @throws AdminException where none took over; this process goes on */
    public long restart(Actor actor) {
        check(actor);
        // before: afterwards the ledger and its audit are the successor's
        record(
                actor,
                "process.restart",
                Map.of("pid", Long.toString(ProcessHandle.current().pid())));
        try {
            return process.restart();
        } catch (ProcessControl.NotRestarted e) {
            String message = String.valueOf(e.getMessage());
            throw e.busy() ? AdminException.conflict(message) : AdminException.invalid(message);
        }
    }

    private void record(Actor actor, String action, Map<String, String> details) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        AuditEvent event = new AuditEvent(Ids.next(now), now, null, null, actor, action, "process", details);
        try {
            stores.transactor().inTransaction(() -> {
                stores.audit().append(event);
                return true;
            });
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "event 6826: the audit log cannot be told of " + action + " by " + actor.name()
                            + " while the database is away");
        }
    }

    private static void check(Actor actor) {
        if (!actor.admin()) {
            throw AdminException.forbidden("the process and its configuration are for the installation's admins");
        }
    }
}
