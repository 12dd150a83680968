package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stopping accepts nothing new, lets what runs finish within the grace, and loses no record. */
class ShutdownTest {
    @TempDir
    Path directory;

    @Test
    @Timeout(60)
    void aRunningStreamFinishesAndIsAccountedFor() throws Exception {
        try (FakeProvider upstream = FakeProvider.start()) {
            Gate gate = new Gate();
            upstream.on("/v1/chat/completions", c -> {
                c.head(200, "Content-Type", "text/event-stream");
                c.event("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}");
                gate.await();
                c.event("{\"id\":\"1\",\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1}}");
                c.event("[DONE]");
                c.lastChunk();
            });
            TestAppliance appliance =
                    TestAppliance.builder().directory(directory).start();
            try (Http http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
                    InputStream stream = http.stream("/v1/chat/completions", Http.CHAT_STREAM)
                            .body()) {
                assertThat((char) stream.read()).isEqualTo('d');
                URI gateway = appliance.gateway();
                Thread closing = Thread.ofVirtual().start(appliance::close);
                awaitRefused(gateway);
                gate.open();
                String rest = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                assertThat(rest).contains("first").endsWith("data: [DONE]\n\n");
                closing.join();
            }
            try (TestAppliance again =
                    TestAppliance.builder().directory(directory).start()) {
                String line = again.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                        .value();
                assertThat(line.lines()).hasSize(1);
                assertThat(line)
                        .containsPattern("\"outcome\" ?: ?\"completed\"")
                        .containsPattern("\"inputTokens\" ?: ?2");
            }
        }
    }

    @Test
    @Timeout(60)
    void aStreamThatOutlivesTheGraceIsCutAndAccountedFor() throws Exception {
        try (FakeProvider upstream = FakeProvider.start()) {
            upstream.on("/v1/chat/completions", c -> {
                c.head(200, "Content-Type", "text/event-stream");
                c.event("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}");
                c.awaitClose();
            });
            TestAppliance appliance = TestAppliance.builder()
                    .directory(directory)
                    .set("shutdown.grace", "300ms")
                    .start();
            try (Http http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
                    InputStream stream = http.stream("/v1/chat/completions", Http.CHAT_STREAM)
                            .body()) {
                assertThat((char) stream.read()).isEqualTo('d');
                appliance.close();
            }
            try (TestAppliance again =
                    TestAppliance.builder().directory(directory).start()) {
                assertThat(again.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                                .value())
                        .containsPattern("\"outcome\" ?: ?\"cut\"");
            }
        }
    }

    /**
     * Waits until the port refuses. A probe that the kernel had queued when the port closed is reset instead, even
     * inside its own connect: that is an end of listening too, but one more try must then say so plainly.
     */
    private static void awaitRefused(URI gateway) throws Exception {
        while (true) {
            try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), gateway.getPort())) {
                assertThat(probe.isConnected()).isTrue();
            } catch (ConnectException e) {
                return;
            } catch (SocketException reset) {
                assertThat(reset).hasMessageContaining("reset");
            }
        }
    }
}
