package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.azure.AzureOpenAIServiceVersion;
import com.openai.azure.AzureUrlPathMode;
import com.openai.azure.credential.AzureApiKeyCredential;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The official client of OpenAI, told that it speaks to Azure, reaches models of OpenAI and of Anthropic. */
class AzureOpenAiJavaTest {
    private static final ClientBench BENCH = ClientBench.start("anthropic", "claude-*");

    @AfterAll
    static void stop() {
        BENCH.close();
    }

    private static OpenAIClient client(AzureUrlPathMode mode, String key) {
        boolean legacy = mode == AzureUrlPathMode.LEGACY;
        return OpenAIOkHttpClient.builder()
                .baseUrl(BENCH.gateway() + (legacy ? "" : "/openai/v1"))
                .credential(AzureApiKeyCredential.create(key))
                .azureUrlPathMode(mode)
                .azureServiceVersion(AzureOpenAIServiceVersion.latestStableVersion())
                .maxRetries(0)
                .timeout(Duration.ofMinutes(1))
                .build();
    }

    private static ChatCompletionCreateParams chat(String model) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage("Grüezi 👋")
                .maxCompletionTokens(50)
                .build();
    }

    @ParameterizedTest
    @EnumSource(names = {"LEGACY", "UNIFIED"})
    void theDeploymentIsTheModel(AzureUrlPathMode mode) {
        OpenAIClient client = client(mode, BENCH.key());
        ChatCompletion answer = client.chat().completions().create(chat("gpt-4o-mini"));

        assertThat(answer.choices().getFirst().message().content()).contains("Hello from the fake.");
        FakeProvider.Request sent = BENCH.openAi().lastRequest();
        assertThat(sent.path()).isEqualTo("/v1/chat/completions");
        assertThat(sent.target()).doesNotContain("api-version");
        assertThat(sent.text()).contains("\"model\":\"gpt-4o-mini\"");
        assertThat(sent.header("api-key")).isNull();

        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(chat("gpt-4o-mini"))) {
            chunks.stream().forEach(whole::accumulate);
        }
        assertThat(whole.chatCompletion().choices().getFirst().message().content())
                .contains("Hello from the fake.");
        assertThat(client.embeddings()
                        .create(EmbeddingCreateParams.builder()
                                .model("text-embedding-3-small")
                                .input("x")
                                .build())
                        .data())
                .isNotEmpty();
        client.close();
    }

    @Test
    void reachesModelsOfAnthropic() {
        BENCH.behind()
                .on(
                        "/v1/messages",
                        Script.answer(
                                200,
                                "{\"id\":\"m\",\"model\":\"claude\",\"content\":[{\"type\":\"text\",\"text\":\"Hoi.\"}],"
                                        + "\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":7,\"output_tokens\":3}}",
                                "Content-Type",
                                "application/json"));
        OpenAIClient client = client(AzureUrlPathMode.LEGACY, BENCH.key());
        ChatCompletion answer = client.chat().completions().create(chat("claude-sonnet-4-5"));

        assertThat(answer.choices().getFirst().message().content()).contains("Hoi.");
        assertThat(BENCH.behind().lastRequest().text()).contains("\"model\":\"claude-sonnet-4-5\"");
        client.close();
    }

    @Test
    void seesErrorsAsItsOwn() {
        OpenAIClient client = client(AzureUrlPathMode.LEGACY, BENCH.key());
        OpenAIClient stranger = client(AzureUrlPathMode.LEGACY, "sk-nobody");

        assertThatThrownBy(() -> stranger.chat().completions().create(chat("gpt-4o-mini")))
                .isInstanceOf(UnauthorizedException.class);
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat("claude-sonnet-4-5").toBuilder().n(2).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("`n`");
        client.close();
        stranger.close();
    }
}
