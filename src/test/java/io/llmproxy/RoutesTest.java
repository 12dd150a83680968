package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Routes as operators make them, with providers that fail. */
class RoutesTest {
    private static final String SMART = "{\"model\":\"smart\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String SMART_STREAM =
            "{\"model\":\"smart\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private FakeProvider first;
    private FakeProvider second;
    private TestAppliance appliance;
    private Http client;

    @BeforeEach
    void setUp() {
        first = FakeProvider.start();
        second = FakeProvider.start();
        appliance = TestAppliance.start();
        String key = appliance.tenantWithKey("acme", first.baseUrl());
        appliance.provider("acme", "spare", "openai", second.baseUrl().toString(), "sk-second", "--models", "none-*");
        client = new Http(appliance.gateway(), key);
    }

    @AfterEach
    void tearDown() {
        client.close();
        appliance.close();
        first.close();
        second.close();
    }

    private Ctl route(String... args) {
        List<String> all = new ArrayList<>(List.of("-t", "acme", "route"));
        all.addAll(List.of(args));
        return appliance.ctl(all.toArray(String[]::new));
    }

    private HttpResponse<String> ask() {
        return client.post("/v1/chat/completions", SMART);
    }

    @Test
    void aRouteIsMadeListedUsedChangedAndDeleted() {
        route("create", "smart", "--strategy", "failover", "--target", "up/gpt-4o", "--target", "spare/gpt-4o-mini")
                .value();

        assertThat(route("list").out()).contains("smart", "failover", "up/gpt-4o, spare/gpt-4o-mini");
        assertThat(route("show", "smart", "-o", "json").out()).contains("\"retries\": 0");
        HttpResponse<String> answer = ask();
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-llmproxy-model")).contains("gpt-4o");
        assertThat(client.get("/v1/models").body()).contains("\"smart\"");

        route("update", "smart", "--target", "spare/gpt-4o-mini", "--retries", "1", "--timeout", "30s")
                .value();
        assertThat(ask().headers().firstValue("x-llmproxy-provider")).contains("spare");
        assertThat(second.lastRequest().text()).contains("\"gpt-4o-mini\"");

        assertThat(appliance
                        .ctl("-t", "acme", "provider", "delete", "spare", "--yes")
                        .err())
                .contains("the route `smart` leads there");
        route("delete", "smart", "--yes").value();
        assertThat(route("show", "smart").code()).isEqualTo(4);
        assertThat(client.get("/v1/models").body()).doesNotContain("\"smart\"");
    }

    @Test
    void badRoutesAreRefusedWithWhatIsWrong() {
        assertThat(route("create", "x").code()).isEqualTo(2);
        assertThat(route("create", "x", "--target", "nobody/m").err()).contains("nobody");
        assertThat(route("create", "x", "--target", "up/m", "--strategy", "best")
                        .err())
                .contains("failover, round-robin, weighted, least-latency or cost");
        assertThat(route("create", "x", "--target", "up/m", "--retries", "99").err())
                .contains("retries");
        route("create", "one", "--target", "up/m").value();
        route("create", "two", "--target", "one").value();
        assertThat(route("update", "one", "--target", "two").err()).contains("one -> two -> one");
        assertThat(route("create", "one", "--target", "up/m").code()).isEqualTo(5);
    }

    @Test
    void aChainOfRoutesHasAnEnd() {
        route("create", "r1", "--target", "up/gpt-4o").value();
        for (int i = 2; i <= 32; i++) {
            route("create", "r" + i, "--target", "r" + (i - 1)).value();
        }
        assertThat(route("create", "r33", "--target", "r32").err())
                .contains("leads through more than 32 routes, one behind the other: r33 -> r32 -> ... -> r2");
        assertThat(client.post("/v1/chat/completions", SMART_STREAM).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aFailoverIsInTheLedgerAndTheProvidersStateIsShown() {
        route("create", "smart", "--target", "up/gpt-4o", "--target", "spare/gpt-4o")
                .value();
        first.on("/v1/chat/completions", Script.answer(503, "{\"error\":{\"message\":\"no\"}}"));
        for (int i = 0; i < 12; i++) {
            assertThat(ask().statusCode()).isEqualTo(200);
        }

        String ledger =
                appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
        assertThat(ledger).contains("\"failedAttempts\":[{\"provider\":\"up\",\"model\":\"gpt-4o\",\"status\":503");
        Ctl shown = appliance.ctl("-t", "acme", "provider", "show", "up");
        assertThat(shown.err()).contains("model gpt-4o: open", "answered 503");
        assertThat(appliance
                        .ctl("-t", "acme", "provider", "show", "up", "-o", "json")
                        .out())
                .contains("\"state\": \"open\"", "\"reason\": \"answered 503\"");
        assertThat(appliance.ctl("status").out()).contains("`up/gpt-4o`", "answered 503");
        assertThat(first.requests()).hasSize(10);
    }

    @Test
    void aRouteAsksWhatItsTargetsCanDoAndTheirOperatorTells() {
        String image = "{\"model\":\"smart\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                + "\"image_url\":{\"url\":\"https://example.com/i.png\"}}]}]}";
        route("create", "smart", "--target", "up/mine", "--target", "spare/gpt-4o", "--require", "vision,context")
                .value();
        assertThat(route("show", "smart", "-o", "json").out()).contains("\"vision\"", "\"context\"");
        assertThat(served(SMART)).isEqualTo("up");
        assertThat(served(image)).isEqualTo("spare");

        appliance
                .ctl("-t", "acme", "provider", "update", "up", "--ability", "mi*=vision+tools")
                .value();
        assertThat(appliance
                        .ctl("-t", "acme", "provider", "show", "up", "-o", "json")
                        .out())
                .contains("\"mi*\": \"vision,tools\"");
        assertThat(served(image)).isEqualTo("up");

        assertThat(route("update", "smart", "--require", "eyes").err()).contains("vision, tools, context");
        assertThat(route("update", "smart", "--sticky", "nobody").err()).contains("user or header:NAME");
        assertThat(appliance
                        .ctl("-t", "acme", "provider", "update", "up", "--ability", "m=eyes")
                        .err())
                .contains("vision,tools or none");
        route("update", "smart", "--require", "none", "--sticky", "user").value();
        assertThat(route("show", "smart", "-o", "json").out()).contains("\"require\": []", "\"sticky\": \"user\"");
    }

    private String served(String body) {
        HttpResponse<String> answer = client.post("/v1/chat/completions", body);
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("x-llmproxy-provider").orElse("");
    }

    @Test
    void aSecondCredentialServesWhereTheFirstIsRefusedAndBothAreShown() {
        first.on("/v1/chat/completions", c -> {
            boolean more = String.valueOf(c.request().header("authorization")).endsWith("sk-more");
            c.answer(more ? 200 : 401, "{}".getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
        });
        appliance
                .ctlWithInput("sk-more", "-t", "acme", "provider", "update", "up", "--add-api-key-stdin")
                .value();

        for (int i = 0; i < 20; i++) {
            assertThat(client.post("/v1/chat/completions", SMART).statusCode()).isEqualTo(200);
        }

        Ctl shown = appliance.ctl("-t", "acme", "provider", "show", "up");
        assertThat(shown.err())
                .contains("credential key-1: resting, answered 401; used again in", "credential key-2: ready")
                .doesNotContain("sk-");
        assertThat(shown.out()).contains("several").doesNotContain("sk-");
        appliance
                .ctl("-t", "acme", "provider", "update", "up", "--remove-api-key", "key-1")
                .value();
        assertThat(appliance.ctl("-t", "acme", "provider", "show", "up").out()).contains("sealed");
    }

    @Test
    void explainTellsWhereARequestWentAndWhereOneWouldGo() {
        route("create", "smart", "--target", "up/gpt-4o", "--target", "spare/gpt-4o", "--sticky", "header:x-chat")
                .value();
        first.on("/v1/chat/completions", Script.answer(503, "{\"error\":{\"message\":\"no\"}}"));
        String id = ask().headers().firstValue("x-request-id").orElseThrow();

        Ctl past = appliance.ctl("-t", "acme", "explain", id);
        assertThat(past.out())
                .contains("up/gpt-4o", "answered 503", "spare/gpt-4o", "completed", "accepted")
                .doesNotContain("sk-second");
        first.on(
                "/v1/chat/completions",
                Script.answer(
                        200,
                        "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n",
                        "Content-Type",
                        "text/event-stream"));
        String streamed = client.post("/v1/chat/completions", SMART_STREAM)
                .headers()
                .firstValue("x-request-id")
                .orElseThrow();
        assertThat(appliance.ctl("-t", "acme", "explain", streamed).out())
                .contains("answered 200, but its stream said an error (stream-error)", "spare/gpt-4o");
        int asked = first.requests().size() + second.requests().size();
        Ctl future = appliance.ctl("-t", "acme", "explain", "--model", "smart", "--max-tokens", "9", "-o", "json");
        assertThat(future.out())
                .contains("\"requestId\": null", "\"called first\"", "sticky by header:x-chat", "\"candidate\"");
        assertThat(first.requests().size() + second.requests().size()).isEqualTo(asked);

        assertThat(appliance.ctl("-t", "acme", "explain").code()).isEqualTo(2);
        assertThat(appliance.ctl("-t", "acme", "explain", "x").err()).contains("x-request-id");
        assertThat(appliance
                        .ctl("-t", "acme", "explain", "01997e0c-55f1-7d6f-8a2e-3a5c0c3f9d11")
                        .code())
                .isEqualTo(4);
        assertThat(appliance
                        .ctl("-t", "acme", "explain", "--model", "m", "--key", "nobody")
                        .err())
                .contains("key");
    }

    @Test
    void killingAProviderUnderLoadLosesNoRequestThatHadNotBegunToAnswer() throws InterruptedException {
        route("create", "smart", "--target", "up/gpt-4o", "--target", "spare/gpt-4o")
                .value();
        AtomicInteger whole = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();
        CountDownLatch running = new CountDownLatch(100);
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            boolean stream = i % 2 == 0;
            clients.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < 60; n++) {
                    one(stream, whole, begun, lost);
                    running.countDown();
                }
            }));
        }
        running.await();

        first.close();

        for (Thread thread : clients) {
            thread.join();
        }
        assertThat(lost).isEmpty();
        assertThat(whole.get() + begun.get()).isEqualTo(480);
        assertThat(begun.get()).as("answers that were on their way").isLessThanOrEqualTo(8);
        assertThat(second.requests()).isNotEmpty();
    }

    private void one(boolean stream, AtomicInteger whole, AtomicInteger begun, ConcurrentLinkedQueue<String> lost) {
        HttpResponse<InputStream> answer;
        try {
            answer = client.stream("/v1/chat/completions", stream ? SMART_STREAM : SMART);
        } catch (RuntimeException e) {
            lost.add(e.toString());
            return;
        }
        try (InputStream body = answer.body()) {
            body.readAllBytes();
            whole.incrementAndGet();
        } catch (IOException e) {
            begun.incrementAndGet();
        }
        if (answer.statusCode() != 200) {
            lost.add("status " + answer.statusCode());
        }
    }
}
