package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolPlaceTest {
    @TempDir
    Path data;

    @Test
    void bodiesOfKilledProcessesAreDeletedByWhoIsAlone() throws Exception {
        Path first = left("spool");
        Path second = left("spool-2");
        try (DataDirectory directory = DataDirectory.take(data)) {
            assertThat(SpoolPlace.cleared(directory, false)).isEqualTo(data.resolve("spool"));
            assertThat(first).doesNotExist();
            assertThat(second).as("perhaps of a process that lives").exists();
            SpoolPlace.cleared(directory, true);
            assertThat(second).doesNotExist();
            assertThat(data.resolve("spool-3")).doesNotExist();
        }
    }

    private Path left(String place) throws IOException {
        return Files.writeString(Files.createDirectories(data.resolve(place)).resolve("body-1.part"), "x");
    }
}
