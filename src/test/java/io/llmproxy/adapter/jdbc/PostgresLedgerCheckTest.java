package io.llmproxy.adapter.jdbc;

import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;
import javax.sql.DataSource;

class PostgresLedgerCheckTest extends LedgerCheckContract {
    private final String url = PostgresServer.freshDatabase();

    @Override
    Database open() {
        return Database.open(url, Path.of("unused"), PostgresServer.USER, null, 2);
    }

    @Override
    DataSource source() {
        return Sources.postgresql(url, PostgresServer.USER, null);
    }
}
