package io.llmproxy.admin;

import io.llmproxy.port.ApiKeyStore;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.LimitStore;
import io.llmproxy.port.PriceStore;
import io.llmproxy.port.ProviderStore;
import io.llmproxy.port.RouteStore;
import io.llmproxy.port.StateSource;
import io.llmproxy.port.TenantStore;
import io.llmproxy.port.Transactor;
import io.llmproxy.port.UserStore;

/**
 * The stores of managed state, of one database: what one transaction spans; and, outside of it, what limits count.
 */
public record AdminStores(
        Transactor transactor,
        TenantStore tenants,
        UserStore users,
        ApiKeyStore keys,
        ProviderStore providers,
        PriceStore prices,
        AuditStore audit,
        StateSource state,
        LimitStore limits,
        RouteStore routes,
        LiveLimits live) {}
