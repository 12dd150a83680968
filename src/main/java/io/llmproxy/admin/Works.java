package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.ActivateTenant;
import io.llmproxy.admin.AdminCommand.CreateKey;
import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.CreateRoute;
import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.admin.AdminCommand.DeleteKey;
import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.DeletePrice;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.DeleteRoute;
import io.llmproxy.admin.AdminCommand.DeleteTenant;
import io.llmproxy.admin.AdminCommand.DeleteUser;
import io.llmproxy.admin.AdminCommand.DisableProvider;
import io.llmproxy.admin.AdminCommand.EnableProvider;
import io.llmproxy.admin.AdminCommand.ImportPrices;
import io.llmproxy.admin.AdminCommand.PurgeAudit;
import io.llmproxy.admin.AdminCommand.PurgeRequests;
import io.llmproxy.admin.AdminCommand.ReadBodies;
import io.llmproxy.admin.AdminCommand.ResetLimit;
import io.llmproxy.admin.AdminCommand.RevokeAllKeys;
import io.llmproxy.admin.AdminCommand.RevokeKey;
import io.llmproxy.admin.AdminCommand.RotateKey;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.admin.AdminCommand.SuspendTenant;
import io.llmproxy.admin.AdminCommand.UpdateKey;
import io.llmproxy.admin.AdminCommand.UpdateProvider;
import io.llmproxy.admin.AdminCommand.UpdateRoute;
import io.llmproxy.admin.AdminCommand.UpdateTenant;
import io.llmproxy.admin.AdminCommand.UpdateUser;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.time.Instant;

/** Finds for each command who carries it out. */
final class Works {
    private final TenantAdmin tenants;
    private final UserAdmin users;
    private final KeyAdmin keys;
    private final ProviderAdmin providers;
    private final PriceAdmin prices;
    private final LimitAdmin limits;
    private final RouteAdmin routes;
    private final AuditAdmin audits;

    Works(AdminStores stores, TenantAccess access, Surroundings around) {
        this(stores, access, around, CertificateClaims.atOnce(stores.keys()));
    }

    Works(AdminStores stores, TenantAccess access, Surroundings around, CertificateClaims claims) {
        ProviderNames names = new ProviderNames(stores, access);
        tenants = new TenantAdmin(stores, access, names);
        users = new UserAdmin(stores, access);
        keys = new KeyAdmin(stores, access, names, claims);
        prices = new PriceAdmin(stores, access);
        limits = new LimitAdmin(stores, access, names);
        audits = new AuditAdmin(access);
        routes = new RouteAdmin(stores, access, names);
        providers = new ProviderAdmin(
                stores,
                access,
                names,
                around.factory(),
                new CredentialKeeper(around.secrets(), around.sealer()),
                new EgressKeeper(around.secrets(), around.sealer()));
    }

    /** What commands need beside the stores. */
    record Surroundings(ProviderFactory factory, SecretSource secrets, SecretSealer sealer) {}

    /** @throws io.llmproxy.domain.error.InvalidValueException where a value breaks the rule of its field */
    Work of(Actor actor, AdminCommand command, Instant now) {
        return switch (command) {
            case CreateTenant c -> tenants.create(c, now);
            case UpdateTenant c -> tenants.update(actor, c, now);
            case ActivateTenant c -> tenants.status(actor, c.tenant(), Tenant.Status.ACTIVE, now);
            case SuspendTenant c ->
                tenants.status(actor, c.tenant(), c.now() ? Tenant.Status.SUSPENDED_NOW : Tenant.Status.SUSPENDED, now);
            case DeleteTenant c -> tenants.delete(actor, c);
            case CreateUser c -> users.create(actor, c, now);
            case UpdateUser c -> users.update(actor, c, now);
            case DeleteUser c -> users.delete(actor, c, now);
            case CreateKey c -> keys.create(actor, c, now);
            case UpdateKey c -> keys.update(actor, c, now);
            case RevokeKey c -> keys.revoke(actor, c, now);
            case RotateKey c -> keys.rotate(actor, c, now);
            case DeleteKey c -> keys.delete(actor, c);
            case RevokeAllKeys c -> keys.revokeAll(actor, c, now);
            case CreateProvider c -> providers.create(actor, c, now);
            case UpdateProvider c -> providers.update(actor, c, now);
            case EnableProvider c -> providers.enable(actor, c.tenant(), c.provider(), true, now);
            case DisableProvider c -> providers.enable(actor, c.tenant(), c.provider(), false, now);
            case DeleteProvider c -> providers.delete(actor, c);
            case SetPrice c -> prices.set(actor, c, now);
            case ImportPrices c -> prices.importAll(actor, c, now);
            case DeletePrice c -> prices.delete(actor, c);
            case SetLimit c -> limits.set(actor, c, now);
            case ResetLimit c -> limits.reset(actor, c);
            case CreateRoute c -> routes.create(actor, c, now);
            case UpdateRoute c -> routes.update(actor, c, now);
            case DeleteRoute c -> routes.delete(actor, c);
            case DeleteLimit c -> limits.delete(actor, c);
            case PurgeAudit c -> audits.purge(actor, c);
            case PurgeRequests c -> audits.purge(actor, c);
            case ReadBodies c -> audits.read(actor, c);
        };
    }
}
