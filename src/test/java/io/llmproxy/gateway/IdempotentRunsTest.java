package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdempotentRunsTest {
    @TempDir
    private Path directory;

    @Test
    void aStopStoresWhatHasEnded() {
        GatewayFixture fixture = new GatewayFixture(directory);
        fixture.send(fixture.chat("{\"model\":\"m\"}").header("Idempotency-Key", "last"));
        fixture.runs.close();
        assertThat(fixture.store.purge(GatewayFixture.START.plusSeconds(86_401), 10))
                .isEqualTo(1);
    }
}
