package io.llmproxy.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What systemd makes of the units, by systemd itself: wants Linux with systemd 250 or newer, and to run as root. */
@Tag("proof")
class SystemdIT {
    @Test
    void theUnitsAreCleanAndExposeLittle() throws Exception {
        assertThat(run("packaging/systemd/check.sh"))
                .contains("llmproxy@.service: exposure")
                .contains("llmproxy.service: exposure");
    }

    @Test
    void tenantsAreProvisionedAndDoNotSeeEachOther() throws Exception {
        assertThat(run("packaging/systemd/prove.sh", "target/llmproxy")).contains("checks passed");
    }

    /** Its output; it must end well. */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
