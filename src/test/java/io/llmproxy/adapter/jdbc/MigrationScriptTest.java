package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MigrationScriptTest {
    @Test
    void everyScriptOfTheFolderIsNamedAndNoOther() throws IOException, URISyntaxException {
        Path folder = Path.of(Objects.requireNonNull(MigrationScript.class.getResource(MigrationScript.FOLDER))
                .toURI());
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(MigrationScript.all().stream().map(MigrationScript::file))
                    .containsExactlyInAnyOrderElementsOf(
                            files.map(f -> f.getFileName().toString()).toList());
        }
    }
}
