package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Several commands in one transaction, each seeing what those before it did. Lives as long as that transaction; of one thread. */
public final class CommandBatch {
    private final Actor actor;
    private final AdminStores stores;
    private final TenantAccess access;
    private final CertificateClaims claims;
    private final Works works;
    private final Instant now;
    private final List<Work.Done> done = new ArrayList<>();

    CommandBatch(Actor actor, AdminStores stores, @Nullable String onlyTenant, Works.Surroundings around, Instant now) {
        this.actor = actor;
        this.stores = stores;
        this.access = new TenantAccess(stores.tenants(), onlyTenant);
        this.claims = CertificateClaims.atTheEnd(stores.keys());
        this.works = new Works(stores, access, around, claims);
        this.now = now;
    }

    public Actor actor() {
        return actor;
    }

    /** When all of it happens. */
    public Instant now() {
        return now;
    }

    /**
     * What the caller may declare, as it is before the first command.
     *
     * @param tenant that tenant alone, whether it is there or not; null: all that the caller reaches
     */
    public DeclarableState state(@Nullable String tenant) {
        return DeclarableState.read(stores, access, actor, tenant);
    }

    /**
     * Carries out one of them.
     *
     * @throws io.llmproxy.domain.error.AdminException where it is refused, and with it the whole batch
     * @throws io.llmproxy.domain.error.InvalidValueException where a value breaks the rule of its field
     */
    public CommandResult execute(AdminCommand command) {
        Permissions.check(actor, command);
        Work.Done made = works.of(actor, command, now).apply();
        done.add(made);
        return made.result();
    }

    /**
     * What only all commands together can do wrong; the batch is refused where it is there at its end.
     *
     * @param tenant the slug of the key's
     */
    public record Contested(String tenant, String key, AdminException refusal) {}

    /** A key that claims the certificate of another one now; null: there is none. */
    public @Nullable Contested contested() {
        CertificateClaims.Contested found = claims.contested();
        return found == null
                ? null
                : new Contested(slug(found.key().tenantId()), found.key().name(), found.refusal());
    }

    private String slug(UUID tenantId) {
        return done.stream()
                .map(Work.Done::tenant)
                .filter(tenant -> tenant != null && tenant.id().equals(tenantId))
                .map(Tenant::slug)
                .findFirst()
                .orElse("");
    }

    List<Work.Done> done() {
        return done;
    }
}
