package io.llmproxy.adapter.provider.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.ProviderCall.Head;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SimulatedProviderTest {
    private static final String FAST = "simulated:?first-byte=0ms&tokens-per-second=0";
    private static final String CHAT =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"user\",\"content\":\"What is up?\"}]";

    private final JsonMapper json = JsonMapper.builder().build();

    private record Answer(Head head, String text) {}

    @Test
    void repliesToAChatWithWhatTheUserSaidLast() throws IOException {
        Answer answer = post(FAST, "/chat/completions", CHAT + "}");
        JsonNode body = json.readTree(answer.text());
        assertThat(answer.head().status()).isEqualTo(200);
        assertThat(answer.head().contentLength()).isEqualTo(answer.text().getBytes(StandardCharsets.UTF_8).length);
        assertThat(body.at("/choices/0/message/content").asString()).contains("What is up?");
        assertThat(body.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        assertThat(body.at("/model").asString()).isEqualTo("m");
        assertThat(post(FAST, "/chat/completions", CHAT + "}").text())
                .as("always the same")
                .isEqualTo(answer.text());
    }

    @Test
    void streamsTheSameReplyAndUsage() throws IOException {
        JsonNode whole =
                json.readTree(post(FAST, "/chat/completions", CHAT + "}").text());
        List<String> events = events(post(
                FAST, "/chat/completions", CHAT + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
        assertThat(events.getLast()).isEqualTo("[DONE]");
        JsonNode usage = json.readTree(events.get(events.size() - 2));
        assertThat(usage.path("choices").size()).isZero();
        assertThat(usage.path("usage")).isEqualTo(whole.path("usage"));
        StringBuilder text = new StringBuilder();
        for (String event : events.subList(0, events.size() - 2)) {
            JsonNode chunk = json.readTree(event);
            assertThat(chunk.path("usage").isNull()).isTrue();
            text.append(chunk.at("/choices/0/delta/content").asString(""));
        }
        assertThat(text.toString())
                .isEqualTo(whole.at("/choices/0/message/content").asString());
    }

    @Test
    void callsAsManyToolsAsItIsToldAndTakesTheirResultsForEnough() throws IOException {
        String calling = FAST + "&calls=2";
        String tool = "{\"type\":\"function\",\"function\":{\"name\":\"%s\",\"parameters\":{\"type\":\"object\","
                + "\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"integer\"}}}}}";
        String tools =
                ",\"tools\":[" + tool.formatted("a") + "," + tool.formatted("b") + "," + tool.formatted("c") + "]";
        String asked = CHAT + tools;
        JsonNode choice = json.readTree(
                        post(calling, "/chat/completions", asked + "}").text())
                .at("/choices/0");

        assertThat(choice.path("finish_reason").asString()).isEqualTo("tool_calls");
        assertThat(choice.at("/message/content").isNull()).isTrue();
        assertThat(choice.at("/message/tool_calls").size()).isEqualTo(2);
        assertThat(choice.at("/message/tool_calls/1/function/name").asString()).isEqualTo("b");
        assertThat(choice.at("/message/tool_calls/1/function/arguments").asString())
                .isEqualTo("{\"city\":\"What is up?\"}");
        List<String> events = events(post(calling, "/chat/completions", asked + ",\"stream\":true}"));
        assertThat(json.readTree(events.get(2)).at("/choices/0/delta/tool_calls/0"))
                .isEqualTo(((tools.jackson.databind.node.ObjectNode)
                                choice.at("/message/tool_calls/1").deepCopy())
                        .put("index", 1));

        String told = asked.replace(
                "}]," + "\"tools", "},{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"y\"}],\"tools");
        assertThat(post(calling, "/chat/completions", told + "}").text()).contains("\"stop\"", "What is up?");
        assertThat(post(calling, "/chat/completions", asked + ",\"tool_choice\":\"none\"}")
                        .text())
                .contains("\"stop\"");
        assertThat(post(
                                calling,
                                "/chat/completions",
                                asked + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"c\"}}}")
                        .text())
                .contains("\"name\":\"c\"")
                .doesNotContain("\"name\":\"a\"");
        assertThat(post(FAST, "/chat/completions", asked + "}").text()).doesNotContain("tool_calls");
    }

    @Test
    void streamsNoUsageUnlessAsked() throws IOException {
        Answer answer = post(FAST, "/chat/completions", CHAT + ",\"stream\":true}");
        assertThat(answer.text()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
        assertThat(answer.head().contentLength()).isEqualTo(-1);
        assertThat(answer.head().headers().first("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
    }

    @Test
    void keepsToTheTokensAskedFor() throws IOException {
        JsonNode limited = json.readTree(
                post(FAST, "/chat/completions", CHAT + ",\"max_tokens\":5}").text());
        assertThat(limited.at("/usage/completion_tokens").asInt()).isEqualTo(5);
        assertThat(limited.at("/choices/0/finish_reason").asString()).isEqualTo("length");
        JsonNode longer = json.readTree(
                post(FAST + "&tokens=300", "/chat/completions", CHAT + "}").text());
        assertThat(longer.at("/usage/completion_tokens").asInt()).isEqualTo(300);
        assertThat(longer.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    }

    @Test
    void completesAndResponds() throws IOException {
        JsonNode completion = json.readTree(post(FAST, "/completions", "{\"model\":\"m\",\"prompt\":\"once\"}")
                .text());
        assertThat(completion.at("/choices/0/text").asString()).contains("once");
        JsonNode response = json.readTree(post(FAST, "/responses", "{\"model\":\"m\",\"input\":\"twice\"}")
                .text());
        assertThat(response.at("/output/0/content/0/text").asString()).contains("twice");
        assertThat(response.at("/usage/output_tokens").asInt()).isPositive();
        String stream = post(FAST, "/responses", "{\"model\":\"m\",\"input\":\"twice\",\"stream\":true}")
                .text();
        assertThat(stream).startsWith("event: response.created\n").contains("event: response.completed\n");
        String legacy = post(FAST, "/completions", "{\"model\":\"m\",\"prompt\":\"once\",\"stream\":true}")
                .text();
        assertThat(legacy).endsWith("data: [DONE]\n\n");
    }

    @Test
    void embedsTheSameTextAtTheSamePlace() throws IOException {
        String request = "{\"model\":\"e\",\"input\":[\"a b\",\"c\",\"a b\"],\"dimensions\":8";
        JsonNode floats = json.readTree(post(FAST, "/embeddings", request + "}").text());
        assertThat(floats.path("data").size()).isEqualTo(3);
        assertThat(floats.at("/data/0/embedding").size()).isEqualTo(8);
        assertThat(floats.at("/data/0/embedding")).isEqualTo(floats.at("/data/2/embedding"));
        assertThat(floats.at("/data/0/embedding")).isNotEqualTo(floats.at("/data/1/embedding"));
        assertThat(floats.at("/usage/prompt_tokens").asInt()).isPositive();

        JsonNode coded = json.readTree(post(FAST, "/embeddings", request + ",\"encoding_format\":\"base64\"}")
                .text());
        ByteBuffer bytes = ByteBuffer.wrap(
                        Base64.getDecoder().decode(coded.at("/data/0/embedding").asString()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 8; i++) {
            assertThat(bytes.getFloat())
                    .isEqualTo(floats.at("/data/0/embedding/" + i).floatValue());
        }
        JsonNode one = json.readTree(
                post(FAST, "/embeddings", "{\"model\":\"e\",\"input\":\"x\"}").text());
        assertThat(one.at("/data/0/embedding").size()).isEqualTo(16);
    }

    @Test
    void listsItsModels() throws IOException {
        JsonNode list = json.readTree(send(open(FAST), "GET", "/models", "").text());
        assertThat(list.path("data").size()).isEqualTo(3);
        String id = list.at("/data/0/id").asString();
        assertThat(json.readTree(send(open(FAST), "GET", "/models/" + id, "").text())
                        .path("id")
                        .asString())
                .isEqualTo(id);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | /models/other     | ''   | 404",
                "GET  | /other            | ''   | 404",
                "POST | /other            | {}   | 404",
                "PUT  | /chat/completions | {}   | 404",
                "POST | /chat/completions | {    | 400",
                "POST | /chat/completions | {}   | 400",
                "POST | /chat/completions | []   | 400",
                "POST | /chat/completions | ''   | 400",
                "POST | /embeddings       | {\"dimensions\":99999999} | 400"
            })
    void answersErrorsInOpenAisForm(String method, String path, String body, int status) throws IOException {
        Answer answer = send(open(FAST), method, path, body);
        assertThat(answer.head().status()).isEqualTo(status);
        assertThat(json.readTree(answer.text()).at("/error/type").asString()).isEqualTo("invalid_request_error");
    }

    @Test
    void failsAsOftenAsItIsTold() throws IOException {
        Provider provider = open(FAST + "&fail=0.25&status=429&retry-after=3");
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Answer answer = send(provider, "GET", "/models", "");
            statuses.add(answer.head().status());
            assertThat(answer.head().headers().contains("retry-after"))
                    .isEqualTo(answer.head().status() == 429);
        }
        assertThat(statuses).containsExactly(200, 200, 200, 429, 200, 200, 200, 429);
    }

    @Test
    void breaksOffWhereItIsTold() {
        assertFails(Kind.TRUNCATED, () -> post(FAST + "&cut-after=3", "/chat/completions", CHAT + ",\"stream\":true}"));
        assertFails(Kind.TRUNCATED, () -> post(FAST + "&cut-after=3", "/chat/completions", CHAT + "}"));
    }

    @Test
    void takesTheTimeItIsTold() throws Exception {
        long start = System.nanoTime();
        try (ProviderCall call = chat(open("simulated:?first-byte=200ms&tokens-per-second=20&tokens=5"))) {
            call.execute();
            assertThat(millis(start)).isGreaterThanOrEqualTo(190L);
            call.body().readAllBytes();
            assertThat(millis(start)).isGreaterThanOrEqualTo(190L + 7 * 50L);
        }
    }

    @Test
    void cancelEndsEveryWaitAtOnce() throws Exception {
        for (String hang : new String[] {"0", "3"}) {
            ProviderCall call = chat(open(FAST + "&hang=" + hang));
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    call.execute();
                    call.body().readAllBytes();
                } catch (Throwable e) {
                    failure.complete(e);
                }
            });
            awaitWaiting(caller);
            assertThat(failure).isNotDone();
            long start = System.nanoTime();
            call.cancel();
            assertThat(failure.get(20, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            UpstreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
            assertThat(millis(start)).isLessThan(5000);
            call.close();
        }
    }

    private static void awaitWaiting(Thread thread) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(System.nanoTime()).as("the call comes to its wait").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static long millis(long since) {
        return (System.nanoTime() - since) / 1_000_000;
    }

    private static void assertFails(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable code) {
        assertThatThrownBy(code)
                .isInstanceOfSatisfying(
                        UpstreamException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    private static Provider open(String url) {
        return Accounts.providers(Map.of()).open(Accounts.account(ProviderKind.SIMULATED, url));
    }

    private static ProviderCall chat(Provider provider) {
        return provider.call(request("POST", "/chat/completions", CHAT + ",\"stream\":true}"));
    }

    private static UpstreamRequest request(String method, String path, String body) {
        RequestBody bytes = RequestBody.of(body.getBytes(StandardCharsets.UTF_8));
        return new UpstreamRequest(method, path, false, null, new HeaderFields(), bytes);
    }

    private static Answer post(String url, String path, String body) throws IOException {
        return send(open(url), "POST", path, body);
    }

    private static Answer send(Provider provider, String method, String path, String body) throws IOException {
        try (ProviderCall call = provider.call(request(method, path, body))) {
            Head head = call.execute();
            return new Answer(head, new String(call.body().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static List<String> events(Answer answer) {
        List<String> events = new ArrayList<>();
        for (String event : answer.text().split("\n\n", -1)) {
            if (!event.isEmpty()) {
                assertThat(event).startsWith("data: ");
                events.add(event.substring(6));
            }
        }
        return events;
    }
}
