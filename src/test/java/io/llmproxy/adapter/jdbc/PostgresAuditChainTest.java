package io.llmproxy.adapter.jdbc;

import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;

/** Two processes on one PostgreSQL. */
class PostgresAuditChainTest extends AuditChainContract {
    private final String url = PostgresServer.freshDatabase();

    @Override
    List<Database> open() {
        return List.of(one(), one());
    }

    private Database one() {
        return Database.open(url, Path.of("unused"), PostgresServer.USER, null, 4);
    }

    @Override
    DataSource source() {
        return Sources.postgresql(url, PostgresServer.USER, null);
    }
}
