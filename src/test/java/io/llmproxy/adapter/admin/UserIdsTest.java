package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserIdsTest {
    @Test
    void digitsAreTheIdOfAUserWithoutAName() {
        assertThat(UserIds.of("1234")).hasValue(1234);
        assertThat(UserIds.of("4294967294")).hasValue(-2);
        assertThat(UserIds.of("99999999999")).isEmpty();
    }

    @Test
    void theFileAndTheSystemAgreeOnRoot() {
        assertThat(UserIds.of("root")).hasValue(0);
        assertThat(UserIds.bySystem("root")).hasValue(0);
    }

    @Test
    void aUserThatIsNotThereHasNone() {
        assertThat(UserIds.of("no-such-user-here")).isEmpty();
        assertThat(UserIds.of("")).isEmpty();
    }

    @Test
    void oddLinesAreSkipped(@TempDir Path dir) throws IOException {
        Path passwd =
                Files.writeString(dir.resolve("passwd"), "# x\n\nann\nann:x\nann:x:7:7::/:/bin/sh\nann:x:8:8::/:\n");
        assertThat(UserIds.inFile(passwd, "ann")).hasValue(7);
        assertThat(UserIds.inFile(dir.resolve("none"), "ann")).isEmpty();
    }
}
