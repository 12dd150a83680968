package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.testing.ObjectStoreContract;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** Every store contract, on one database that is opened for all of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StoresContract {
    private @Nullable Database database;

    abstract Database fresh();

    @BeforeAll
    void open() {
        database = fresh();
    }

    @AfterAll
    void close() {
        opened().close();
    }

    private Database opened() {
        return java.util.Objects.requireNonNull(database);
    }

    @Nested
    class Tenants extends TenantStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Users extends UserStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Keys extends ApiKeyStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Providers extends ProviderStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Routes extends RouteStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Limits extends LimitStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Prices extends PriceStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Alerts extends AlertStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Audit extends AuditStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Transcripts extends TranscriptStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Requests extends RequestSearchContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Usage extends UsageStoreContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class Objects extends ObjectStoreContract {
        @Override
        protected ObjectStore store() {
            return opened().objects();
        }

        @Override
        protected UUID tenant() {
            Tenant tenant = Samples.tenant(Samples.unique("owner"));
            opened().tenants().insert(tenant);
            return tenant.id();
        }

        @Override
        protected UUID provider() {
            ProviderAccount provider = Samples.provider(null, Samples.unique("pool"));
            opened().providers().insert(provider);
            return provider.id();
        }

        @Override
        protected void delete(UUID tenant) {
            opened().tenants().delete(tenant);
        }
    }

    @Nested
    class Idempotency extends JdbcIdempotencyContract {
        @Override
        Database database() {
            return opened();
        }
    }

    @Nested
    class TransactionsAndState extends TransactionContract {
        @Override
        Database database() {
            return opened();
        }
    }
}
