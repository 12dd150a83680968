package io.llmproxy.adapter.jdbc;

import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.io.TempDir;

class H2AuditChainTest extends AuditChainContract {
    @TempDir
    private static Path directory;

    @Override
    List<Database> open() {
        return List.of(Database.open(null, directory, null, null, 4));
    }

    @Override
    DataSource source() {
        return Sources.h2(directory.resolve("db").resolve("llmproxy"));
    }
}
