package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stop while clients send requests without a pause: each gets whole answers until its connection is refused. */
@Timeout(120)
class StopUnderLoadTest {
    private static final int CLIENTS = 32;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answers = new AtomicInteger();
    private final CountDownLatch loaded = new CountDownLatch(20 * CLIENTS);

    @Test
    void noRequestFails() throws Exception {
        try (FakeProvider upstream = FakeProvider.start()) {
            TestAppliance appliance =
                    TestAppliance.builder().set("shutdown.grace", "30s").start();
            String key = appliance.tenantWithKey("acme", upstream.baseUrl());
            int port = appliance.gateway().getPort();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.ofVirtual().start(() -> hammer(port, key)));
            }
            loaded.await();
            appliance.close();
            for (Thread client : clients) {
                client.join();
            }
            assertThat(failures).isEmpty();
            assertThat(answers.get()).isGreaterThanOrEqualTo(20 * CLIENTS);
            assertThat(upstream.requests()).hasSize(answers.get());
        }
    }

    private void hammer(int port, String key) {
        try {
            while (true) {
                try (RawClient client = connect(port)) {
                    requestsOnOneConnection(client, key);
                }
            }
        } catch (ConnectException e) {
            return; // refused: the appliance has stopped
        } catch (IOException | RuntimeException | AssertionError e) {
            failures.add(e);
        }
    }

    /**
     * A new connection may be refused; whatever happens on one that was accepted is another matter. One that the kernel had
     * queued when the port closed may be reset inside its own connect: one more try is then refused plainly.
     */
    private static RawClient connect(int port) throws IOException {
        while (true) {
            try {
                return new RawClient(port);
            } catch (ConnectException e) {
                throw e;
            } catch (SocketException reset) {
                assertThat(reset).hasMessageContaining("reset");
            }
        }
    }

    private void requestsOnOneConnection(RawClient client, String key) throws IOException {
        RawClient.Answer answer;
        do {
            answer = client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key
                            + "\r\nContent-Type: application/json\r\nContent-Length: " + Http.CHAT.length() + "\r\n\r\n"
                            + Http.CHAT)
                    .answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).startsWith("{").endsWith("}");
            answers.incrementAndGet();
            loaded.countDown();
        } while (!answer.field("Connection").equals("close"));
    }
}
