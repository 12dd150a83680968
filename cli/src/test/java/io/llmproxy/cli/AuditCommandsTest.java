package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Commands about who did what, and who asked what. */
class AuditCommandsTest extends AgainstFakeServer {
    @Test
    void tailsWhatIsAdministeredFromNowOn() {
        String path = "GET /api/v1/audit/events?tenant=acme&action=key&limit=500&tail=true&cursor=";
        server.answer(path + "end", 200, "{\"items\":[],\"next\":\"7\"}")
                .answer(path + "7", 200, "{\"items\":[],\"next\":\"7\"}")
                .answer(path + "7", 200, "{\"items\":[{\"id\":\"e8\"}],\"next\":\"8\"}")
                .answer(path + "8", 200, "{\"items\":[{\"id\":\"e9\"}],\"next\":\"9\"}");
        AtomicInteger pauses = new AtomicInteger();

        assertThat(ctl.pause(() -> pauses.incrementAndGet() < 3)
                        .run("-t", "acme", "audit", "tail", "--action", "key", "-o", "name"))
                .isZero();
        assertThat(ctl.out()).isEqualTo("e8\ne9\n");
        assertThat(server.lines()).startsWith(path + "end", path + "7", path + "7", path + "8");
    }

    @Test
    void whatIsOnlyForRequestsOrOnlyForEventsIsWrongUsageElsewhere() {
        assertThat(ctl.run("audit", "list", "--status", "5xx")).isEqualTo(2);
        assertThat(ctl.err()).contains("--status goes with --requests");
        assertThat(ctl.run("audit", "list", "--requests", "--action", "key")).isEqualTo(2);
        assertThat(ctl.err()).contains("--action does not go with --requests");
    }
}
