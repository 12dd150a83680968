package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineTest {
    @TempDir
    Path directory;

    @Test
    void theDocumentedTableIsThePipeline() throws IOException {
        String table = Files.readString(Path.of("docs/pipeline.md"));
        assertThat(Pattern.compile("(?m)^\\| \\*\\*(\\w+)\\*\\* \\|")
                        .matcher(table)
                        .results()
                        .map((MatchResult m) -> m.group(1)))
                .containsExactlyElementsOf(
                        new GatewayFixture(directory).gateway.pipeline().names());
    }
}
