package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.Health;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusLineTest {
    private static final Health READY = new Health(true, List.of());

    @Test
    void saysWhomItServesWhereAndHowMuchRuns() {
        assertThat(StatusLine.of(READY, status("acme", 3, List.of()), "127.0.0.1:8080"))
                .isEqualTo("serving tenant acme on 127.0.0.1:8080, 3 requests running, 2 providers");
        assertThat(StatusLine.of(READY, status("*", 1, List.of()), "127.0.0.1:8080"))
                .isEqualTo("serving 7 tenants on 127.0.0.1:8080, 1 request running, 2 providers");
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(StatusLine.of(READY, status("acme", 0, List.of("the disk is full", "x")), "[::1]:80"))
                .isEqualTo("serving tenant acme on [::1]:80, 0 requests running, 2 providers; 2 problems,"
                        + " `llmproxyctl status` tells: the disk is full");
        assertThat(StatusLine.of(
                        new Health(true, List.of(Health.Obstacle.STOPPING)), status("acme", 1, List.of()), "h:1"))
                .isEqualTo("the server is stopping; tenant acme on h:1, 1 request running, 2 providers");
    }

    private static ApplianceStatus status(String tenant, long running, List<String> problems) {
        return new ApplianceStatus(
                "1",
                tenant,
                Instant.EPOCH,
                1,
                "http://x",
                null,
                "h2",
                new ApplianceStatus.Counters("memory", "up", Instant.EPOCH, 1),
                running,
                0,
                ApplianceStatus.Pressure.NONE,
                7,
                1,
                2,
                problems);
    }
}
