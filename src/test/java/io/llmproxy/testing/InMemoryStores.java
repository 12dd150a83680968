package io.llmproxy.testing;

import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.ApiKeyStore;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.LimitStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.PriceStore;
import io.llmproxy.port.ProviderStore;
import io.llmproxy.port.RouteStore;
import io.llmproxy.port.StateSource;
import io.llmproxy.port.TenantStore;
import io.llmproxy.port.Transactor;
import io.llmproxy.port.UsageStore;
import io.llmproxy.port.UserStore;
import java.util.List;

/**
 * All stores in memory, with the promises that commands rely on: transactions that roll back, unique names, and row locks
 * held to the transaction's end.
 */
public final class InMemoryStores {
    private final InMemoryRows rows = new InMemoryRows();

    /** From now on every call fails as with a database that is away. */
    public void goAway() {
        rows.away = true;
    }

    public void comeBack() {
        rows.away = false;
    }

    public List<AuditEvent> auditEvents() {
        return List.copyOf(rows.auditRows);
    }

    public long currentRevision() {
        return rows.revision.get();
    }

    public List<ApiKey> allKeys() {
        return List.copyOf(rows.keyRows.values());
    }

    public Transactor transactor() {
        return rows::transact;
    }

    /** Puts records into the ledger. */
    public void used(List<UsageRecord> records) {
        rows.usageRows.addAll(records);
    }

    public TenantStore tenants() {
        return new InMemoryTenantStore(rows);
    }

    public UserStore users() {
        return new InMemoryUserStore(rows);
    }

    public ApiKeyStore keys() {
        return new InMemoryApiKeyStore(rows);
    }

    public ProviderStore providers() {
        return new InMemoryProviderStore(rows);
    }

    public RouteStore routes() {
        return new InMemoryRouteStore(rows);
    }

    public PriceStore prices() {
        return new InMemoryPriceStore(rows);
    }

    public AuditStore audit() {
        return new InMemoryAuditStore(rows);
    }

    public LimitStore limits() {
        return new InMemoryLimitStore(rows);
    }

    public ObjectStore objects() {
        return new InMemoryObjectStore(rows);
    }

    public StateSource state() {
        return new InMemoryStateSource(rows);
    }

    public UsageStore usage() {
        return new InMemoryUsageStore(rows);
    }
}
