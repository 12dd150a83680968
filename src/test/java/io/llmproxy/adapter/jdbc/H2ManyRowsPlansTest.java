package io.llmproxy.adapter.jdbc;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class H2ManyRowsPlansTest extends ManyRowsPlansContract {
    @TempDir
    static Path directory = Path.of("unset");

    @Override
    Database fresh() {
        return Database.open(null, directory, null, null, 2);
    }

    @Override
    String numbers(int rows) {
        return "SYSTEM_RANGE(1, " + rows + ") AS s(x)";
    }

    @Override
    String randomId() {
        return "RANDOM_UUID()";
    }

    @Override
    String plan() {
        return "PLAN";
    }

    @Override
    String key(String table) {
        return "public.primary_key";
    }
}
