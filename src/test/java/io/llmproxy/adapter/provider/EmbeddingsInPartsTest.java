package io.llmproxy.adapter.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** More texts than a provider embeds at once, over real sockets. */
class EmbeddingsInPartsTest {
    private static final String PATH = "/v2/embed";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Script BUSY =
            Script.answer(429, "{\"message\":\"slow down\"}", "Retry-After", "7", "Content-Type", "application/json");

    private FakeProvider up;
    private Provider provider;

    @BeforeEach
    void setUp() {
        up = FakeProvider.start();
        provider = Accounts.providers(Map.of()).open(Accounts.account(ProviderKind.COHERE, up.origin()));
    }

    @AfterEach
    void tearDown() {
        provider.retire();
        up.close();
    }

    /** Of each text its own number as its vector, and a token. */
    private static void embed(FakeConnection c) throws IOException {
        JsonNode texts = JSON.readTree(c.request().text()).path("texts");
        String vectors = StreamSupport.stream(texts.spliterator(), false)
                .map(text -> "[" + text.stringValue() + "]")
                .collect(Collectors.joining(","));
        String json = "{\"embeddings\":{\"float\":[" + vectors + "]},\"meta\":{\"billed_units\":{\"input_tokens\":"
                + texts.size() + "}}}";
        c.answer(200, json.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
    }

    private static UpstreamRequest request(int texts) {
        String input = IntStream.range(0, texts).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
        String json = "{\"model\":\"embed-v4.0\",\"input\":[" + input + "]}";
        return new UpstreamRequest(
                "POST",
                "/embeddings",
                false,
                null,
                new HeaderFields(),
                RequestBody.of(json.getBytes(StandardCharsets.UTF_8)));
    }

    private static JsonNode body(ProviderCall call) throws IOException {
        return JSON.readTree(call.body().readAllBytes());
    }

    @Test
    void areOneAnswerInTheirOrder() throws IOException {
        up.on(PATH, EmbeddingsInPartsTest::embed);
        try (ProviderCall call = provider.call(request(200))) {
            assertThat(call.execute().status()).isEqualTo(200);
            JsonNode answer = body(call);

            assertThat(answer.path("data").size()).isEqualTo(200);
            for (int i = 0; i < 200; i++) {
                assertThat(answer.path("data").path(i).path("index").asInt()).isEqualTo(i);
                assertThat(answer.path("data").path(i).path("embedding").path(0).asInt())
                        .isEqualTo(i);
            }
            assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(200);
        }
        assertThat(up.requests()).hasSize(3);
    }

    @Test
    void failAsAWholeWhereOneDoes() throws IOException {
        up.on(PATH, EmbeddingsInPartsTest::embed, BUSY);
        try (ProviderCall call = provider.call(request(200))) {
            ProviderCall.Head head = call.execute();

            assertThat(head.status()).isEqualTo(429);
            assertThat(head.headers().first("Retry-After")).contains("7");
            assertThat(body(call).at("/error/message").asString("")).isEqualTo("slow down");
        }
        assertThat(up.requests()).hasSize(2);
    }

    @Test
    void areUnreadableWhereOneIsNoJson() {
        up.on(PATH, EmbeddingsInPartsTest::embed, Script.answer(200, "]", "Content-Type", "application/json"));
        try (ProviderCall call = provider.call(request(100))) {
            assertThatThrownBy(call::execute)
                    .isInstanceOfSatisfying(
                            UpstreamException.class,
                            e -> assertThat(e.kind()).isEqualTo(UpstreamException.Kind.UNREADABLE));
        }
    }

    @Test
    void doNotBeginWhereTheCallIsCancelled() {
        try (ProviderCall call = provider.call(request(100))) {
            call.cancel();
            assertThatThrownBy(call::execute).isInstanceOf(UpstreamException.class);
        }
        assertThat(up.requests()).isEmpty();
    }

    @Test
    void areBounded() {
        assertThatThrownBy(() -> provider.call(request(96 * 2048 + 1)).close())
                .isInstanceOfSatisfying(
                        ProxyException.class, e -> assertThat(e.error().param()).isEqualTo("input"));
        assertThat(up.requests()).isEmpty();
    }
}
