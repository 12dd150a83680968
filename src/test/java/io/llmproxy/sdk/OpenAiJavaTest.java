package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.completions.CompletionCreateParams;
import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.openai.Call;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The official Java client runs the same programme straight to a provider and through the gateway, and observes the same. */
class OpenAiJavaTest {
    private static final FakeProvider BEHIND = FakeProvider.start();
    private static final TestAppliance APPLIANCE = TestAppliance.builder()
            .set("limits.user.requests", "0")
            .set("limits.ip.requests", "0")
            .start();
    private static final String KEY = APPLIANCE.tenantWithKey("acme", BEHIND.baseUrl());

    /** Methods whose parameters {@link EveryMethod} cannot make up; one that is new shows. */
    private static final Set<String> NOT_CALLED = Set.of(
            // have steps of their own in the programmes
            "chat.completions.create",
            "responses.create",
            // want one whole object of several kinds for a body
            "admin.organization.externalKeys.create",
            "audio.voices.create",
            "realtime.calls.accept",
            "realtime.calls.create",
            "realtime.translations.clientSecrets.create",
            // wants events for an answer
            "beta.agents.sessions.stream",
            // send nothing
            "webhooks.unwrap",
            "webhooks.verifySignature");

    private final FakeProvider direct = FakeProvider.start();

    @AfterEach
    void closeDirect() {
        direct.close();
    }

    @AfterAll
    static void closeAll() {
        APPLIANCE.close();
        BEHIND.close();
    }

    private static OpenAIClient client(URI base, String key, int retries, Transcript seen) {
        RecordingClient recording = new RecordingClient(OkHttpClient.builder().build(), seen);
        return new OpenAIClientImpl(ClientOptions.builder()
                .httpClient(recording)
                .sleeper(recording)
                .baseUrl(base.toString())
                .apiKey(key)
                .adminApiKey(key)
                .organization("org-mine")
                .project("proj-mine")
                .maxRetries(retries)
                .timeout(Duration.ofMinutes(1))
                .build());
    }

    private OpenAIClient direct(int retries, Transcript seen) {
        return client(direct.baseUrl(), "sk-direct", retries, seen);
    }

    private static OpenAIClient proxied(int retries, Transcript seen) {
        return client(URI.create(APPLIANCE.gateway() + "/v1"), KEY, retries, seen);
    }

    /** Runs it both ways; what was observed and what the two providers got must be the same, and is returned. */
    private Transcript compare(int retries, BiConsumer<OpenAIClient, Transcript> programme) {
        Transcript expected = new Transcript();
        Transcript actual = new Transcript();
        int before = BEHIND.requests().size();
        observe(direct(retries, expected), client -> programme.accept(client, expected));
        observe(proxied(retries, actual), client -> programme.accept(client, actual));
        new Comparison()
                .steps(expected.steps(), actual.steps())
                .requests(
                        direct.requests(),
                        BEHIND.requests().subList(before, BEHIND.requests().size()))
                .verify();
        return expected;
    }

    private static void observe(OpenAIClient client, Consumer<OpenAIClient> programme) {
        try {
            programme.accept(client);
        } finally {
            client.close();
        }
    }

    @Test
    void observesTheSameValuesAndEventsOfText() {
        Transcript seen = compare(0, (client, notes) -> new ChatProgramme(client, notes).run());
        assertThat(seen.failed()).isEmpty();
    }

    @Test
    void observesTheSameValuesAndEventsOfFilesAndStoredObjects() {
        Transcript seen = compare(0, (client, notes) -> new ObjectsProgramme(client, notes).run());
        assertThat(seen.failed()).containsExactly("file that is no more", "content that is no more");
    }

    @Test
    @Tag("sdk")
    void observesTheSameOfEveryMethodThatThereIs() {
        direct.otherwise(OpenAiJavaTest::echo);
        BEHIND.otherwise(OpenAiJavaTest::echo);
        List<String> left = new ArrayList<>();
        Transcript seen;
        try {
            seen = compare(0, (client, notes) -> left.addAll(new EveryMethod(client, notes).run()));
        } finally {
            BEHIND.restoreOtherwise();
        }

        assertThat(seen.steps()).hasSizeGreaterThan(200);
        assertThat(seen.failed()).isEmpty();
        assertThat(Set.copyOf(left)).isEqualTo(NOT_CALLED);
    }

    /** Whatever is asked for: an object that tells what it was. */
    static void echo(FakeConnection connection) throws IOException {
        Call call = Call.of(connection);
        String asked = call.request().method() + " " + call.request().target();
        call.json("""
                {"id":"x_1","object":"echo","type":"echo","data":[{"id":"a","created_at":"2025-09-29T00:00:00Z"}],"has_more":false,\
                "asked":%s}""".formatted(Call.quoted(asked)));
    }

    @Test
    void observesTheSameTypedErrors() {
        Transcript seen = compare(0, (client, notes) -> new FailuresProgramme(client, notes).run());
        assertThat(seen.steps().keySet())
                .containsAll(seen.failed())
                .hasSize(seen.failed().size() + 1);
        assertThat(seen.failed()).doesNotContain("chat stream: slow");
    }

    @Test
    void retriesAlike() {
        Transcript seen = compare(2, (client, notes) -> new FailuresProgramme(client, notes).retries());
        assertThat(seen.steps().get("with retries, chat answered once-429"))
                .element(1)
                .isEqualTo("retry after PT1S");
    }

    @Test
    void aStreamClosedEarlyIsClosedAtTheProvider() throws InterruptedException {
        Transcript ignored = new Transcript();
        assertThat(closesWithTheStream(direct, direct(0, ignored))).isTrue();
        assertThat(closesWithTheStream(BEHIND, proxied(0, ignored))).isTrue();
    }

    private static boolean closesWithTheStream(FakeProvider provider, OpenAIClient client) throws InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        provider.on("/v1/completions", c -> {
            c.head(200, "Content-Type", "text/event-stream").event("{\"id\":\"cmpl-1\",\"choices\":[]}");
            c.awaitClose();
            gone.countDown();
        });
        observe(client, c -> {
            CompletionCreateParams params = CompletionCreateParams.builder()
                    .model("gpt-3.5-turbo-instruct")
                    .prompt("x")
                    .build();
            try (StreamResponse<?> stream = c.completions().createStreaming(params)) {
                assertThat(stream.stream().findFirst()).isPresent();
            }
        });
        provider.restore("/v1/completions");
        return gone.await(10, TimeUnit.SECONDS);
    }

    /** The contract asks for it: a failure of the provider's connection is told, and a broken stream is no end. */
    @Test
    void aBrokenConnectionIsATypedErrorOfTheGateway() {
        assertThatThrownBy(() -> chat(direct(0, new Transcript()), "fail-close"))
                .isInstanceOf(OpenAIIoException.class);
        assertThatThrownBy(() -> chat(proxied(0, new Transcript()), "fail-close"))
                .isInstanceOfSatisfying(InternalServerException.class, e -> {
                    assertThat(e.statusCode()).isEqualTo(502);
                    assertThat(e.type()).contains("upstream_error");
                });
        assertThatThrownBy(() -> words(direct(0, new Transcript()), "fail-cut")).isInstanceOf(OpenAIIoException.class);
        assertThatThrownBy(() -> words(proxied(0, new Transcript()), "fail-cut"))
                .isInstanceOfSatisfying(
                        SseException.class, e -> assertThat(e.type()).contains("upstream_error"));
    }

    @Test
    void halfAnAnswerIsNoAnswer() {
        for (OpenAIClient client : List.of(direct(0, new Transcript()), proxied(0, new Transcript()))) {
            assertThatThrownBy(() -> chat(client, "fail-half")).isInstanceOf(OpenAIException.class);
        }
    }

    private static void chat(OpenAIClient client, String model) {
        observe(
                client,
                c -> c.chat()
                        .completions()
                        .create(ChatProgramme.chat(model).build())
                        .choices());
    }

    private static void words(OpenAIClient client, String model) {
        observe(client, c -> {
            try (StreamResponse<ChatCompletionChunk> stream = c.chat()
                    .completions()
                    .createStreaming(ChatProgramme.chat(model).build())) {
                assertThat(stream.stream().toList()).isEmpty();
            }
        });
    }
}
