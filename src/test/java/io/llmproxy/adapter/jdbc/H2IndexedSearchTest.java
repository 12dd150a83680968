package io.llmproxy.adapter.jdbc;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class H2IndexedSearchTest extends IndexedSearchContract {
    @TempDir
    static Path directory = Path.of("unset");

    @Override
    Database fresh() {
        return Database.open(null, directory, null, null, 4);
    }
}
