package io.llmproxy.admin;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.port.TenantStore;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Copies of the whole state, for the installation's admins alone, as they hold what all tenants have. Thread-safe; blocks. */
public final class BackupAdmin {
    private final AdminStores stores;
    private final @Nullable String ownTenant;
    private final Source source;
    private final InstantSource clock;

    /** @param ownTenant the one that the process serves; null: all */
    public BackupAdmin(AdminStores stores, @Nullable String ownTenant, Source source, InstantSource clock) {
        this.stores = stores;
        this.ownTenant = ownTenant;
        this.source = source;
        this.clock = clock;
    }

    /**
     * What is asked for.
     *
     * @param passphrase that it is sealed under; null: none
     * @param recipient the public key that it is sealed for; null: none
     * @param masterKey whether the master key goes in, which wants a seal
     * @param ledger whether usage goes in
     */
    public record Wish(
            @Nullable String passphrase, @Nullable String recipient, boolean masterKey, boolean ledger) {
        /** Without the passphrase. */
        @Override
        public String toString() {
            return "Wish[masterKey=" + masterKey + ", ledger=" + ledger + "]";
        }
    }

    /** A backup that is about to be written. */
    @FunctionalInterface
    public interface Writing {
        /** Blocks as long as it takes; what it throws leaves what was written without its end. */
        void write(OutputStream out) throws IOException;
    }

    /** Makes them. */
    @FunctionalInterface
    public interface Source {
        /** @throws io.llmproxy.domain.error.InvalidValueException where the wish cannot be granted */
        Writing prepared(Wish wish);
    }

    public Writing create(Actor actor, Wish wish) {
        if (!actor.admin()) {
            throw AdminException.forbidden(
                    "a backup holds the state of all tenants: only the installation's admins make one");
        }
        refuseOthers(stores.tenants(), ownTenant);
        Writing writing = source.prepared(wish);
        record(actor, wish);
        return writing;
    }

    /**
     * A process of one tenant administers no other, so it copies none, whoever or whatever wants the copy. Blocks.
     *
     * @param ownTenant the one that the process serves; null: all
     * @throws AdminException where the database holds others
     */
    public static void refuseOthers(TenantStore tenants, @Nullable String ownTenant) {
        if (ownTenant != null
                && tenants.list(new Page.Request(2, null)).items().stream()
                        .anyMatch(t -> !t.slug().equals(ownTenant))) {
            throw AdminException.forbidden("the database holds other tenants than " + ownTenant
                    + ", which this process serves alone; back the database up by its own means (pg_dump), or by"
                    + " llmproxyctl backup create --database-url with the servers running");
        }
    }

    private void record(Actor actor, Wish wish) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        Map<String, String> details = Map.of(
                "sealed", String.valueOf(wish.passphrase() != null || wish.recipient() != null),
                "masterKey", String.valueOf(wish.masterKey()),
                "ledger", String.valueOf(wish.ledger()));
        AuditEvent event = new AuditEvent(Ids.next(now), now, null, null, actor, "backup.create", "backup", details);
        stores.transactor().inTransaction(() -> {
            stores.audit().append(event);
            return true;
        });
    }
}
