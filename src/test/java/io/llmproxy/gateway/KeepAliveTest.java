package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.stage.KeepAlive;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whether there is anything between the relay and a client that could write a comment; no silence has to be waited for. */
class KeepAliveTest {
    private final RecordingSink client = new RecordingSink();

    private @Nullable ResponseSink relayWritesTo(Duration interval, FakeRequest request) {
        AtomicReference<@Nullable ResponseSink> seen = new AtomicReference<>();
        Exchange x = new Exchange(request, client);
        new KeepAlive(interval).handle(x, within -> seen.set(within.sink()));
        assertThat(x.sink()).as("afterwards").isSameAs(client);
        return seen.get();
    }

    @Test
    void whereItIsOffTheRelayWritesToTheClientItself() {
        FakeRequest request = FakeRequest.post("/v1/chat/completions", "{}");
        assertThat(relayWritesTo(Duration.ZERO, request)).isSameAs(client);
        assertThat(relayWritesTo(Duration.ofSeconds(15), request)).isNotNull().isNotSameAs(client);
        assertThat(relayWritesTo(Duration.ofHours(1), request)).isNotNull().isNotSameAs(client);
    }

    @Test
    void headsHaveNoStreamThatCouldBeSilent() {
        FakeRequest request = new FakeRequest("HEAD", "/v1/files/f/content");
        assertThat(relayWritesTo(Duration.ofSeconds(15), request)).isSameAs(client);
    }
}
