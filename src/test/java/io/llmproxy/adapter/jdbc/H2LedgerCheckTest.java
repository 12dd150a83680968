package io.llmproxy.adapter.jdbc;

import javax.sql.DataSource;

class H2LedgerCheckTest extends LedgerCheckContract {
    @Override
    Database open() {
        return Database.open(null, directory, null, null, 2);
    }

    @Override
    DataSource source() {
        return Sources.h2(directory.resolve("db/llmproxy"));
    }
}
