package io.llmproxy.adapter.jdbc;

import java.util.Objects;
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
        return Objects.requireNonNull(database);
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
    class Prices extends PriceStoreContract {
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
    class Usage extends UsageStoreContract {
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
