package io.llmproxy;

import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FirstHourOnPostgresqlTest extends FirstHourContract {
    private final String url = PostgresServer.freshDatabase();

    @TempDir
    Path directory;

    @Override
    TestAppliance.Builder appliance() {
        return TestAppliance.builder()
                .directory(directory)
                .set("database.url", url)
                .set("database.user", PostgresServer.USER);
    }
}
