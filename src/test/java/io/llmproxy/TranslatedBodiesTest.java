package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What translation makes of large bodies counts as memory of bodies; what URLs stand for is fetched where the operator says so. */
class TranslatedBodiesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent";
    private static final String ANSWER = """
            {"candidates":[{"content":{"parts":[{"text":"%s"}],"role":"model"},"finishReason":"STOP"}],"modelVersion":"g"}""";
    private static final int LARGE = 600_000;

    private final FakeProvider gemini = FakeProvider.start();
    private final FakeProvider web = FakeProvider.start();

    @AfterEach
    void close() {
        gemini.close();
        web.close();
    }

    private Http client(TestAppliance appliance) {
        appliance.ctl("tenant", "create", "acme").value();
        appliance.provider("acme", "google", "gemini", gemini.origin(), "g-secret");
        String key = appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value();
        return new Http(appliance.gateway(), key);
    }

    private void answer(String text) {
        gemini.on(GENERATE, Script.answer(200, ANSWER.formatted(text), "Content-Type", "application/json"));
    }

    private static String saying(String content) {
        return "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]}";
    }

    private static String image(String url) {
        return saying("[{\"type\":\"text\",\"text\":\"what?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url
                + "\"}}]");
    }

    private static long bodyMemory(TestAppliance appliance) {
        return JSON.readTree(appliance.ctl("status", "-o", "json").value())
                .findValue("bodyMemory")
                .longValue();
    }

    private static long files(TestAppliance appliance) {
        Path spool = appliance.directory().resolve("spool");
        try (Stream<Path> files = Files.list(spool)) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void hold(Gate gate) {
        gemini.on(GENERATE, c -> {
            gate.await();
            byte[] whole = ANSWER.formatted("ok").getBytes(StandardCharsets.UTF_8);
            c.answer(200, whole, "Content-Type", "application/json");
        });
    }

    @Test
    void aLargeBodyCountsTwiceOnceItIsTranslatedAndNotAtAllAfter() {
        Gate gate = new Gate();
        hold(gate);
        try (TestAppliance appliance = TestAppliance.start();
                Http http = client(appliance)) {
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(
                    () -> http.post("/v1/chat/completions", saying("\"" + "x".repeat(LARGE) + "\"")));
            gemini.awaitRequests(1);

            assertThat(bodyMemory(appliance)).isGreaterThan(2 * (LARGE - 2 * 64 * 1024));
            gate.open();
            assertThat(answer.join().statusCode()).isEqualTo(200);
            await(() -> bodyMemory(appliance) == 0);
        }
    }

    @Test
    void withoutMemoryItLiesOnTheDisk() {
        Gate gate = new Gate();
        hold(gate);
        try (TestAppliance appliance =
                        TestAppliance.builder().set("gateway.body-memory", "0").start();
                Http http = client(appliance)) {
            String text = "x".repeat(LARGE);
            CompletableFuture<HttpResponse<String>> answer =
                    CompletableFuture.supplyAsync(() -> http.post("/v1/chat/completions", saying("\"" + text + "\"")));
            gemini.awaitRequests(1);

            assertThat(gemini.lastRequest().text()).contains(text);
            assertThat(files(appliance)).isEqualTo(2);
            gate.open();
            assertThat(answer.join().statusCode()).isEqualTo(200);
            await(() -> files(appliance) == 0);
        }
    }

    @Test
    void aLargeAnswerComesWhole() {
        String text = "y".repeat(LARGE);
        answer(text);
        for (String memory : new String[] {"0", "64MiB"}) {
            try (TestAppliance appliance = TestAppliance.builder()
                            .set("gateway.body-memory", memory)
                            .start();
                    Http http = client(appliance)) {
                HttpResponse<String> answer = http.post("/v1/chat/completions", saying("\"hi\""));

                assertThat(Http.json(answer).at("/choices/0/message/content").stringValue())
                        .isEqualTo(text);
                await(() -> files(appliance) == 0 && bodyMemory(appliance) == 0);
            }
        }
    }

    @Test
    void anImageByUrlIsRefusedUnlessTheOperatorHasItFetched() {
        web.on("/cat.png", Script.answer(200, "meow", "Content-Type", "image/png"));
        try (TestAppliance appliance = TestAppliance.start();
                Http http = client(appliance)) {
            HttpResponse<String> answer = http.post("/v1/chat/completions", image(web.origin() + "/cat.png"));

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(Http.error(answer)).isEqualTo("invalid_request_error/unsupported_parameter");
        }
        assertThat(web.connections() + gemini.connections()).isZero();
    }

    @Test
    void anImageByUrlReachesTheProviderAsItsBytes() {
        answer("a cat");
        web.on("/cat.png", Script.answer(200, "meow", "Content-Type", "image/png"));
        try (TestAppliance appliance = TestAppliance.builder()
                        .set("translation.fetch-images", "true")
                        .set("egress.allow", "[127.0.0.1/32]")
                        .start();
                Http http = client(appliance)) {
            HttpResponse<String> answer = http.post("/v1/chat/completions", image(web.origin() + "/cat.png"));

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(gemini.lastRequest().text())
                    .contains("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"bWVvdw==\"}}");
            assertThat(bodyMemory(appliance)).isZero();

            HttpResponse<String> many = http.post(
                    "/v1/chat/completions",
                    saying("["
                            + ("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + web.origin() + "/cat.png\"}},")
                                    .repeat(16)
                            + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]"));
            web.on("/cat.png", Script.answer(200, "<html>", "Content-Type", "text/html"));
            HttpResponse<String> html = http.post("/v1/chat/completions", image(web.origin() + "/cat.png"));
            HttpResponse<String> own = http.post("/v1/chat/completions", image(appliance.gateway() + "/cat.png"));
            HttpResponse<String> count = http.post(
                    "/v1/messages/count_tokens",
                    "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\","
                            + "\"source\":{\"type\":\"url\",\"url\":\"http://10.0.0.1/\"}}]}]}");
            for (HttpResponse<String> refused : List.of(html, own, many)) {
                assertThat(refused.statusCode()).isEqualTo(400);
                assertThat(Http.json(refused).at("/error/param").stringValue()).isEqualTo("messages.content.url");
            }
            assertThat(count.statusCode()).isEqualTo(200);
            assertThat(gemini.requests()).hasSize(1);
        }
    }

    @Test
    void nothingIsFetchedFromPrivateAddresses() {
        try (TestAppliance appliance = TestAppliance.builder()
                        .set("translation.fetch-images", "true")
                        .start();
                Http http = client(appliance)) {
            for (String host : new String[] {"127.0.0.1", "localhost"}) {
                HttpResponse<String> answer =
                        http.post("/v1/chat/completions", image("http://" + host + ":" + web.port() + "/cat.png"));

                assertThat(answer.statusCode()).isEqualTo(400);
                assertThat(answer.body()).contains("fetches nothing from");
            }
            assertThat(web.connections() + gemini.connections()).isZero();
            answer("fine");
            assertThat(http.post("/v1/chat/completions", saying("\"hi\"")).statusCode())
                    .isEqualTo(200);
        }
    }
}
