package io.llmproxy;

import io.llmproxy.testing.TestAppliance;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FirstHourOnH2Test extends FirstHourContract {
    @TempDir
    Path directory;

    @Override
    TestAppliance.Builder appliance() {
        return TestAppliance.builder().directory(directory);
    }
}
