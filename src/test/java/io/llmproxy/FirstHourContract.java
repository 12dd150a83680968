package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.models.Model;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.TestAppliance;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a newcomer does in the first hour: administers by llmproxyctl, then uses the official OpenAI client, unchanged. */
abstract class FirstHourContract {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final FakeProvider upstream = FakeProvider.start();
    private TestAppliance appliance;
    private OpenAIClient client;

    /** The appliance on the database under test. */
    abstract TestAppliance.Builder appliance();

    @BeforeEach
    void setUp() {
        appliance =
                appliance().environment("UPSTREAM_KEY", "sk-upstream-secret").start();
        appliance.ctl("tenant", "create", "acme").value();
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        "up",
                        "--type",
                        "openai",
                        "--base-url",
                        upstream.baseUrl().toString(),
                        "--api-key-env",
                        "UPSTREAM_KEY")
                .value();
        client =
                client(appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value());
    }

    @AfterEach
    void tearDown() {
        client.close();
        appliance.close();
        upstream.close();
    }

    @Test
    void streamsAChatAndChargesWhatTheProviderSaid() {
        String text;
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(chat("gpt-4o"))) {
            text = stream.stream()
                    .flatMap(c -> c.choices().stream())
                    .flatMap(c -> c.delta().content().stream())
                    .collect(Collectors.joining());
        }
        assertThat(text).isEqualTo("Hello from the fake.");
        assertThat(upstream.lastRequest().header("authorization")).isEqualTo("Bearer sk-upstream-secret");
        JsonNode row = report();
        assertThat(row.path("requests").asLong()).isEqualTo(1);
        assertThat(row.path("inputTokens").asLong()).isEqualTo(7);
        assertThat(row.path("outputTokens").asLong()).isEqualTo(3);
    }

    @Test
    void keepsFromTheClientWhatItAddedForTheAccount() {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(chat("gpt-4o"))) {
            List<ChatCompletionChunk> chunks = stream.stream().toList();
            assertThat(chunks).allSatisfy(c -> {
                assertThat(c.choices()).isNotEmpty();
                assertThat(c.usage()).isEmpty();
            });
        }
    }

    @Test
    void chatsWithoutAStream() {
        ChatCompletion answer = client.chat().completions().create(chat("up/gpt-4o-mini"));
        assertThat(answer.choices().getFirst().message().content()).contains("Hello from the fake.");
        assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(10);
        assertThat(upstream.lastRequest().text()).contains("\"gpt-4o-mini\"").doesNotContain("up/gpt");
        assertThat(report().path("totalTokens").asLong()).isEqualTo(10);
    }

    @Test
    void embeds() {
        var answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .input("hello")
                        .build());
        assertThat(answer.data()).hasSize(1);
        assertThat(report().path("inputTokens").asLong()).isEqualTo(5);
    }

    @Test
    void listsModels() {
        List<String> models =
                client.models().list().items().stream().map(Model::id).toList();
        assertThat(models).contains("gpt-4o-mini");
    }

    @Test
    void uploadsAFileAndGetsItsBytesBack() throws Exception {
        byte[] bytes = new byte[3_000_000];
        new Random(1).nextBytes(bytes);
        FileObject file = client.files()
                .create(FileCreateParams.builder()
                        .file(bytes)
                        .purpose(FilePurpose.USER_DATA)
                        .build());
        try (HttpResponse content = client.files().content(file.id())) {
            assertThat(Arrays.equals(content.body().readAllBytes(), bytes)).isTrue();
        }
    }

    @Test
    void throwsTheClientsOwnTypedErrors() {
        upstream.on(
                "/v1/embeddings",
                Script.answer(
                        429,
                        "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\","
                                + "\"param\":null,\"code\":\"rate_limit_exceeded\"}}"));
        assertThatThrownBy(() -> client.embeddings()
                        .create(EmbeddingCreateParams.builder()
                                .model("m")
                                .input("x")
                                .build()))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow down");
        assertThatThrownBy(() -> client.chat().completions().create(chat(""))).isInstanceOf(BadRequestException.class);
        appliance
                .ctl("-t", "acme", "provider", "update", "up", "--models", "gpt-*")
                .value();
        assertThatThrownBy(() -> client.chat().completions().create(chat("nonesuch")))
                .isInstanceOfSatisfying(
                        NotFoundException.class, e -> assertThat(e.code()).contains("model_not_found"));
        OpenAIClient stranger = client("llmp_" + "x".repeat(43));
        assertThatThrownBy(() -> stranger.chat().completions().create(chat("gpt-4o")))
                .isInstanceOfSatisfying(
                        UnauthorizedException.class, e -> assertThat(e.code()).contains("invalid_api_key"));
        stranger.close();
    }

    @Test
    void everythingIsStillThereAfterARestart() {
        client.chat().completions().create(chat("gpt-4o"));
        appliance.close();
        appliance = appliance()
                .directory(appliance.directory())
                .environment("UPSTREAM_KEY", "sk-other")
                .start();
        assertThat(report().path("requests").asLong()).isEqualTo(1);
        assertThat(appliance.ctl("-t", "acme", "key", "list", "-o", "name").value())
                .isEqualTo("dev");
    }

    @Test
    void theLedgerCanBeChecked() {
        client.chat().completions().create(chat("gpt-4o"));
        JsonNode check =
                JSON.readTree(appliance.ctl("ledger", "check", "-o", "json").value());
        assertThat(check.path("sound").asBoolean()).isTrue();
        assertThat(check.path("checks").values())
                .extracting(
                        c -> c.path("check").asString() + " " + c.path("count").asLong())
                .containsExactly("blocks 1", "request-ids 1", "rollups 1", "totals 3", "positions 1");
    }

    private JsonNode report() {
        String out =
                appliance.ctl("-t", "acme", "usage", "report", "-o", "json").value();
        return JSON.readTree(out).get(0);
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(appliance.gateway() + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    private static ChatCompletionCreateParams chat(String model) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage("Say hello.")
                .build();
    }
}
