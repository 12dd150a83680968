package io.llmproxy.adapter.jdbc;

import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;

/** Every store contract on a real PostgreSQL. */
class PostgresStoresTest extends StoresContract {
    @Override
    Database fresh() {
        return Database.open(PostgresServer.freshDatabase(), Path.of("unused"), PostgresServer.USER, null, 4);
    }
}
