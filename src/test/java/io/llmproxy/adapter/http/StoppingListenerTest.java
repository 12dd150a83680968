package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of connections while the listener stops. */
@Timeout(60)
class StoppingListenerTest {
    private ScriptedGateway gateway;

    @BeforeEach
    void setUp() throws IOException {
        gateway = new ScriptedGateway();
    }

    @AfterEach
    void tearDown() {
        gateway.close();
    }

    @Test
    void letsARunningStreamEndWhileItStopsAndTakesNoMore() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "text/event-stream"), -1);
            sink.flush();
            try (var _ = request.watch(() -> {})) {
                running.countDown();
                finish.await();
            }
            ScriptedGateway.write(sink, "data: last\n\n");
            sink.end();
        });
        int port = gateway.server().port();
        try (RawClient idle = gateway.connect();
                RawClient client = gateway.connect().get("/v1/stream")) {
            running.await();
            client.readHead();
            Thread stopping = Thread.ofPlatform().start(gateway::close);
            assertThat(idle.endsOrResets()).isTrue();
            Eventually.holds("the port is closed", () -> !accepts(port));
            finish.countDown();
            assertThat(client.chunk()).isEqualTo("data: last\n\n");
            assertThat(client.chunk()).isEmpty();
            stopping.join(Duration.ofSeconds(30));
            assertThat(stopping.isAlive()).isFalse();
        }
    }

    @Test
    void aConnectionThatIsBusyWhenItStopsEndsWithItsAnswer() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            running.countDown();
            finish.await();
            ScriptedGateway.echo(request, sink);
        });
        int port = gateway.server().port();
        try (RawClient client = gateway.connect().get("/v1/first")) {
            running.await();
            Thread stopping = Thread.ofPlatform().start(gateway::close);
            Eventually.holds("the port is closed", () -> !accepts(port));
            finish.countDown();
            RawClient.Answer answer = client.answer();
            assertThat(answer.body()).startsWith("GET /v1/first");
            int answered = 1;
            // the server itself may notice a moment later than this test that its port is closed
            while (!answer.field("Connection").equals("close")) {
                answer = client.get("/v1/next").answer();
                answered++;
            }
            assertThat(client.endsOrResets()).isTrue();
            assertThat(gateway.reached()).isEqualTo(answered);
            stopping.join(Duration.ofSeconds(30));
            assertThat(stopping.isAlive()).isFalse();
        }
    }

    private static boolean accepts(int port) {
        try (RawClient _ = new RawClient(port)) {
            return true;
        } catch (SocketException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
