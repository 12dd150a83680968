package io.llmproxy.admin;

import static io.llmproxy.admin.Guard.guarded;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Carries out commands: all of one, with its audit row, or nothing of it. Thread-safe; blocks. */
public final class CommandExecutor {
    private static final Logger LOG = System.getLogger(CommandExecutor.class.getName());
    private final AdminStores stores;
    private final @Nullable String onlyTenant;
    private final Works.Surroundings around;
    private final Works works;
    private final Runnable afterCommit;
    private final InstantSource clock;

    /**
     * @param onlyTenant the one tenant of this process; null: all
     * @param afterCommit publishes the new state to the gateway; called after each committed change
     */
    public CommandExecutor(
            AdminStores stores,
            ProviderFactory factory,
            SecretSource secrets,
            SecretSealer sealer,
            @Nullable String onlyTenant,
            Runnable afterCommit,
            InstantSource clock) {
        this.stores = stores;
        this.afterCommit = afterCommit;
        this.clock = clock;
        this.onlyTenant = onlyTenant;
        around = new Works.Surroundings(factory, secrets, sealer);
        works = new Works(stores, new TenantAccess(stores.tenants(), onlyTenant), around);
    }

    /**
     * @throws io.llmproxy.domain.error.AdminException where it is refused
     * @throws io.llmproxy.domain.error.InvalidValueException where a value breaks the rule of its field
     */
    public CommandResult execute(Actor actor, AdminCommand command) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS); // what both databases keep
        Permissions.check(actor, command);
        Work work = works.of(actor, command, now);
        Work.Done done = guarded(
                "the change",
                () -> stores.transactor().inTransaction(() -> {
                    hold();
                    Work.Done made = work.apply();
                    stores.audit().append(event(actor, made, now));
                    return made;
                }));
        publish();
        return done.result();
    }

    /**
     * Carries out several commands as one: all of them or, where one is refused, none. What is read by way of the batch is what is there
     * until its end, since nobody else changes managed state meanwhile.
     *
     * @param keep false: everything is checked and then undone
     * @return what {@code work} returned
     * @throws io.llmproxy.domain.error.AdminException where a command is refused
     * @throws io.llmproxy.domain.error.InvalidValueException where a value breaks the rule of its field
     */
    public <T> T together(Actor actor, boolean keep, Function<CommandBatch, T> work) {
        Ended<T> ended = guarded("the change", () -> {
            try {
                return attempt(actor, keep, work);
            } catch (StoreException.Away | StoreException.Duplicate e) {
                throw e;
            } catch (StoreException e) {
                // the last uses of keys are noted in an order of their own: one of two that wait for each other is
                // undone
                return attempt(actor, keep, work);
            }
        });
        if (ended.committed) {
            publish();
        }
        return ended.result;
    }

    private record Ended<T>(T result, boolean committed) {}

    /** Carries a transaction's end out of it, and so undoes it. */
    private static final class UndoneException extends RuntimeException {
        UndoneException() {
            super("nothing was to be kept", null, false, false);
        }
    }

    private <T> Ended<T> attempt(Actor actor, boolean keep, Function<CommandBatch, T> work) {
        List<T> results = new ArrayList<>(1);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        try {
            return stores.transactor().inTransaction(() -> {
                hold();
                CommandBatch batch = new CommandBatch(actor, BatchStores.over(stores), onlyTenant, around, now);
                results.add(work.apply(batch));
                CommandBatch.Contested contested = batch.contested();
                if (contested != null) {
                    throw contested.refusal();
                }
                if (!keep || batch.done().isEmpty()) {
                    throw new UndoneException();
                }
                stores.audit()
                        .appendAll(batch.done().stream()
                                .map(done -> event(actor, done, now))
                                .toList());
                return new Ended<>(results.getFirst(), true);
            });
        } catch (UndoneException e) {
            return new Ended<>(results.getFirst(), false);
        }
    }

    /**
     * The state's row comes first, before a tenant's and before a chain's: whoever has it is alone until the commit, so that events come
     * in the order of their commits, and no two wait for each other.
     */
    private void hold() {
        stores.state().changed();
    }

    private static AuditEvent event(Actor actor, Work.Done done, Instant now) {
        Tenant tenant = done.tenant();
        return new AuditEvent(
                Ids.next(now),
                now,
                tenant == null ? null : tenant.id(),
                tenant == null ? null : tenant.slug(),
                actor,
                done.action(),
                done.target(),
                done.details().before(),
                done.details().map());
    }

    /** The change stands whatever happens here; the refresher comes to it by itself. */
    private void publish() {
        try {
            afterCommit.run();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "event 6407: a change of the managed state is stored, but not yet in force", e);
        }
    }
}
