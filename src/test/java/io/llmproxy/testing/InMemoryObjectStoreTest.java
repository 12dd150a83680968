package io.llmproxy.testing;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.ObjectStore;
import java.util.UUID;

/** What other tests use in the place of the database keeps its promises too. */
class InMemoryObjectStoreTest extends ObjectStoreContract {
    private final AdminFixture fixture = new AdminFixture();
    private int tenants;

    @Override
    protected ObjectStore store() {
        return fixture.memory.objects();
    }

    @Override
    protected UUID tenant() {
        Tenant tenant = fixture.tenant("owner-" + tenants++);
        return tenant.id();
    }

    @Override
    protected UUID provider() {
        return UUID.randomUUID();
    }

    @Override
    protected void delete(UUID tenant) {
        fixture.memory.tenants().delete(tenant);
    }
}
