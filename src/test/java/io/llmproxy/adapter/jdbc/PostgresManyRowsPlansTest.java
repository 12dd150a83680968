package io.llmproxy.adapter.jdbc;

import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;

class PostgresManyRowsPlansTest extends ManyRowsPlansContract {
    @Override
    Database fresh() {
        return Database.open(PostgresServer.freshDatabase(), Path.of("unused"), PostgresServer.USER, null, 2);
    }

    @Override
    String numbers(int rows) {
        return "generate_series(1, " + rows + ") AS s(x)";
    }

    @Override
    String randomId() {
        return "gen_random_uuid()";
    }

    @Override
    String plan() {
        return "QUERY PLAN";
    }

    @Override
    String key(String table) {
        return table + "_pkey";
    }
}
