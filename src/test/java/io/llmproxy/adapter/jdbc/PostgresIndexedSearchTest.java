package io.llmproxy.adapter.jdbc;

import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;

class PostgresIndexedSearchTest extends IndexedSearchContract {
    @Override
    Database fresh() {
        return Database.open(PostgresServer.freshDatabase(), Path.of("unused"), PostgresServer.USER, null, 4);
    }
}
