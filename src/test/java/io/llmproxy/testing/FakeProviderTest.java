package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import io.llmproxy.testing.FakeProvider.Script;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The fake against the official client: what it does not notice, a gateway's test may rest on. */
class FakeProviderTest {
    private final FakeProvider fake = FakeProvider.start();
    private final OpenAIClient client = OpenAIOkHttpClient.builder()
            .baseUrl(fake.baseUrl().toString())
            .apiKey("sk-any")
            .maxRetries(0)
            .build();

    @AfterEach
    void tearDown() {
        client.close();
        fake.close();
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage("Hello");
    }

    @Test
    void chats() {
        var answer = client.chat().completions().create(chat().build());
        assertThat(answer.choices().getFirst().message().content()).hasValue(FakeOpenAi.REPLY);
        assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(10);
        assertThat(fake.lastRequest().header("Authorization")).isEqualTo("Bearer sk-any");
    }

    @Test
    void streamsWithUsageOnlyWhereAsked() {
        var usage = ChatCompletionStreamOptions.builder().includeUsage(true).build();
        assertThat(chunks(chat().streamOptions(usage).build())
                        .getLast()
                        .usage()
                        .orElseThrow()
                        .totalTokens())
                .isEqualTo(10);
        List<ChatCompletionChunk> plain = chunks(chat().build());
        assertThat(plain).noneMatch(chunk -> chunk.usage().isPresent());
        StringBuilder text = new StringBuilder();
        plain.forEach(chunk -> chunk.choices().forEach(c -> c.delta().content().ifPresent(text::append)));
        assertThat(text.toString()).isEqualTo(FakeOpenAi.REPLY);
    }

    private List<ChatCompletionChunk> chunks(ChatCompletionCreateParams params) {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            return stream.stream().toList();
        }
    }

    @Test
    void embedsListsAndKeepsFiles() throws Exception {
        var embedding = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .input("x")
                        .build());
        assertThat(embedding.data().getFirst().embedding()).containsExactly(0.25f, -0.5f, 0.75f);
        assertThat(client.models().list().data()).hasSize(2);

        byte[] bytes = new byte[100_000];
        new java.util.Random(3).nextBytes(bytes);
        var file = client.files()
                .create(FileCreateParams.builder()
                        .file(bytes)
                        .purpose(FilePurpose.BATCH)
                        .build());
        assertThat(file.bytes()).isEqualTo(100_000);
        try (var content = client.files().content(file.id())) {
            assertThat(content.body().readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void playsAScriptInPlaceOfIt() {
        fake.on(
                "/v1/chat/completions",
                Script.answer(429, "{\"error\":{\"message\":\"slow down\"}}", "Content-Type", "application/json"),
                c -> c.answer(500, new byte[0]));
        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOf(RateLimitException.class);
        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOf(InternalServerException.class);
        fake.restore("/v1/chat/completions");
        assertThat(client.chat().completions().create(chat().build()).choices()).hasSize(1);
    }
}
