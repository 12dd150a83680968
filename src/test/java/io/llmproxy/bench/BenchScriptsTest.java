package io.llmproxy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the scripts of bench/ measure is the image of the sources beside them, or they say that it is not. */
class BenchScriptsTest {
    private static final String LIB = Path.of("bench/lib.sh").toAbsolutePath().toString();

    @TempDir
    Path image;

    @BeforeEach
    void setUp() throws IOException {
        Path launcher = Files.createDirectories(image.resolve("bin")).resolve("llmproxy");
        Files.writeString(launcher, "#!/bin/sh\n");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        Files.createDirectories(image.resolve("lib"));
    }

    /** What a script said and, at the end, its exit code. */
    private String bash(String script) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        List.of("bash", "-c", "set -euo pipefail; . '" + LIB + "'; " + script))
                .redirectErrorStream(true);
        builder.environment().put("LLMPROXY_IMAGE", image.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return said.strip() + " " + process.exitValue();
    }

    private void made(String checksum) throws IOException {
        Files.writeString(image.resolve("lib/sources.sha256"), checksum + "\n");
    }

    @Test
    void anImageOfOtherSourcesIsRefused() throws Exception {
        assertThat(bash("require; echo measured"))
                .as("an image that does not say")
                .contains(image.toString(), "was not made of the sources", "--stale")
                .doesNotContain("measured")
                .endsWith(" 1");
        made("0".repeat(64));
        assertThat(bash("require; echo measured"))
                .contains("was not made of the sources")
                .endsWith(" 1");
        assertThat(bash("commit")).isEqualTo("unknown 0");
    }

    @Test
    void anImageOfTheseSourcesOrOneThatIsWantedAllTheSameIsMeasured() throws Exception {
        assertThat(bash("stale=yes; require; echo measured")).isEqualTo("measured 0");
        made(bash("sources").split(" ")[0]);
        assertThat(bash("require; echo measured")).isEqualTo("measured 0");
    }

    @Test
    void aMissingImageIsSaidToBeMissing() throws Exception {
        Files.delete(image.resolve("bin/llmproxy"));
        assertThat(bash("require; echo measured")).contains("no image at").endsWith(" 1");
    }
}
