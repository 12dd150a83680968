package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProviderProcess;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A provider's process dies under load by SIGKILL: no request is lost whose answer had not begun. */
class KilledProviderTest {
    private static final int CLIENTS = 8;
    private static final int EACH = 30;

    private final AtomicInteger whole = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();

    @Test
    void whatHadNotBegunToAnswerIsAnsweredByTheOther() throws IOException, InterruptedException {
        try (FakeProviderProcess first = FakeProviderProcess.start();
                FakeProvider second = FakeProvider.start();
                TestAppliance appliance = TestAppliance.start()) {
            String key = appliance.tenantWithKey("acme", first.baseUrl());
            appliance.provider(
                    "acme", "spare", "openai", second.baseUrl().toString(), "sk-second", "--models", "none-*");
            appliance
                    .ctl("-t", "acme", "route", "create", "smart", "--target", "up/gpt-4o", "--target", "spare/gpt-4o")
                    .value();
            try (Http client = new Http(appliance.gateway(), key)) {
                load(client, first);
            }
            assertThat(lost).isEmpty();
            assertThat(whole.get() + begun.get()).isEqualTo(CLIENTS * EACH);
            assertThat(begun.get()).as("answers that were on their way").isLessThanOrEqualTo(CLIENTS);
            assertThat(second.requests()).isNotEmpty();
        }
    }

    private void load(Http client, FakeProviderProcess first) throws InterruptedException {
        CountDownLatch running = new CountDownLatch(CLIENTS * EACH / 4);
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            String body = "{\"model\":\"smart\",\"stream\":" + (i % 2 == 0)
                    + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
            clients.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < EACH; n++) {
                    one(client, body);
                    running.countDown();
                }
            }));
        }
        running.await();
        first.kill();
        for (Thread thread : clients) {
            thread.join();
        }
    }

    private void one(Http client, String body) {
        HttpResponse<InputStream> answer;
        try {
            answer = client.stream("/v1/chat/completions", body);
        } catch (RuntimeException e) {
            lost.add(e.toString());
            return;
        }
        if (answer.statusCode() != 200) {
            lost.add("status " + answer.statusCode());
        }
        try (InputStream in = answer.body()) {
            in.readAllBytes();
            whole.incrementAndGet();
        } catch (IOException e) {
            begun.incrementAndGet();
        }
    }
}
