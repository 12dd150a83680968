package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A body of many megabytes that something is done about, in a server with one carrier: others are served meanwhile.
 */
class LongWorkBesideOthersTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final int MEGABYTES = 24;
    private static final String TEXT = "Write to jane@example.org, or call, about 4711 others. \\\"Thanks\\\"\\n";
    private static final byte[] LARGE = ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
                    + TEXT.repeat(MEGABYTES * 1024 * 1024 / TEXT.length()) + "\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    private static final String ANTHROPIC = """
            {"id":"m1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],\
            "stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""";

    private final FakeProvider quick = FakeProvider.start();
    private final FakeProvider upstream = FakeProvider.start();
    private final CountDownLatch called = new CountDownLatch(1);

    @AfterEach
    void close() {
        quick.close();
        upstream.close();
    }

    @Test
    void whileItIsRedacted() throws Exception {
        try (ServerJvm server = start()) {
            String key = server.tenantWithKey("large", upstream.baseUrl());
            server.ctl("tenant", "update", "large", "--redact", "mask").value();
            othersAreServed(server, key);
        }
    }

    @Test
    void whileItIsTranslated() throws Exception {
        try (ServerJvm server = start()) {
            upstream.on("/v1/messages", Script.answer(200, ANTHROPIC, "Content-Type", "application/json"));
            server.ctl("tenant", "create", "large").value();
            server.ctlWithInput(
                            "sk-x",
                            "-t",
                            "large",
                            "provider",
                            "create",
                            "up",
                            "--type",
                            "anthropic",
                            "--base-url",
                            upstream.origin().toString(),
                            "--api-key-stdin")
                    .value();
            othersAreServed(
                    server,
                    server.ctl("-t", "large", "key", "create", "dev", "-q").value());
        }
    }

    private static ServerJvm start() throws Exception {
        return ServerJvm.start(
                ServerJvm.newDirectory(),
                "export JDK_JAVA_OPTIONS=-Djdk.virtualThreadScheduler.parallelism=1",
                "-Xmx1g",
                "gateway.max-body=64MiB");
    }

    private void othersAreServed(ServerJvm server, String key) throws Exception {
        String others = server.tenantWithKey("others", quick.baseUrl());
        try (Http small = new Http(server.gateway(), others);
                Http large = new Http(server.gateway(), key)) {
            small.chat();
            FutureTask<HttpResponse<String>> task = new FutureTask<>(() -> {
                try {
                    return large.send(large.request(CHAT)
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofByteArray(LARGE)));
                } finally {
                    called.countDown();
                }
            });
            long begin = System.nanoTime();
            Thread.startVirtualThread(task);
            long longest = 0;
            int served = 0;
            while (called.getCount() > 0) {
                long asked = System.nanoTime();
                assertThat(small.chat().statusCode()).isEqualTo(200);
                longest = Math.max(longest, System.nanoTime() - asked);
                served++;
            }
            long took = System.nanoTime() - begin;
            assertThat(task.get().statusCode()).as(task.get().body()).isEqualTo(200);
            assertThat(longest / 1_000_000)
                    .as("ms, the longest of %d others while the large one took %d ms", served, took / 1_000_000)
                    .isLessThan(took / 1_000_000 / 3);
        }
    }
}
