package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.RateLimitException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The official client of OpenAI, unchanged, holds its conversation with models of Anthropic. */
class OpenAiJavaOnAnthropicTest {
    private static final String MESSAGES = "/v1/messages";
    private static final Object WEATHER = Map.of(
            "type",
            "function",
            "function",
            Map.of("name", "weather", "parameters", Map.of("type", "object", "properties", Map.of())));
    private static final String USAGE = "\"usage\":{\"input_tokens\":7,\"output_tokens\":3}";

    private static FakeProvider behind;
    private static TestAppliance appliance;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        behind = FakeProvider.start();
        appliance = TestAppliance.start();
        appliance.ctl("tenant", "create", "acme").value();
        appliance.provider("acme", "claude", "anthropic", behind.origin(), "sk-ant");
        client = OpenAIOkHttpClient.builder()
                .baseUrl(appliance.gateway() + "/v1")
                .apiKey(appliance
                        .ctl("-t", "acme", "key", "create", "dev", "-q")
                        .value())
                .maxRetries(0)
                .timeout(Duration.ofMinutes(1))
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        appliance.close();
        behind.close();
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("claude-sonnet-4-5").addUserMessage("Grüezi 👋 \u2028");
    }

    private static String block(int index, String block) {
        return "{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":" + block + "}";
    }

    private static String delta(int index, String delta) {
        return "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":" + delta + "}";
    }

    private static String stop(int index) {
        return "{\"type\":\"content_block_stop\",\"index\":" + index + "}";
    }

    private static void toolCall(FakeConnection c) throws IOException {
        c.head(200, "Content-Type", "text/event-stream");
        for (String event : List.of(
                "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude\"," + USAGE + "}}",
                block(0, "{\"type\":\"text\",\"text\":\"\"}"),
                delta(0, "{\"type\":\"text_delta\",\"text\":\"Let me see.\"}"),
                stop(0),
                block(1, "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{}}"),
                delta(1, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\":\"}"),
                delta(1, "{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"Zürich\\\"}\"}"),
                stop(1),
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":3}}",
                "{\"type\":\"message_stop\"}")) {
            c.event(event);
        }
        c.lastChunk();
    }

    @Test
    void holdsAConversationWithTools() {
        behind.on(
                MESSAGES,
                OpenAiJavaOnAnthropicTest::toolCall,
                Script.answer(
                        200,
                        "{\"id\":\"msg_2\",\"model\":\"claude\",\"content\":[{\"type\":\"text\",\"text\":\"Sunny.\"}],"
                                + "\"stop_reason\":\"end_turn\"," + USAGE + "}",
                        "Content-Type",
                        "application/json"));
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        ChatCompletionCreateParams.Builder conversation =
                chat().putAdditionalBodyProperty("tools", JsonValue.from(List.of(WEATHER)));
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(conversation.build())) {
            chunks.stream().map(ChatCompletionChunk::validate).forEach(whole::accumulate);
        }
        ChatCompletion.Choice first =
                whole.chatCompletion().validate().choices().getFirst();

        assertThat(first.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertThat(first.message().content()).contains("Let me see.");
        assertThat(first.message()
                        .toolCalls()
                        .orElseThrow()
                        .getFirst()
                        .asFunction()
                        .function()
                        .arguments())
                .isEqualTo("{\"city\":\"Zürich\"}");

        ChatCompletion second = client.chat()
                .completions()
                .create(conversation
                        .addMessage(first.message())
                        .addMessage(com.openai.models.chat.completions.ChatCompletionToolMessageParam.builder()
                                .toolCallId("toolu_1")
                                .content("sunny")
                                .build())
                        .build())
                .validate();
        assertThat(second.choices().getFirst().message().content()).contains("Sunny.");
        assertThat(second.usage().orElseThrow().promptTokens()).isEqualTo(7);
        assertThat(behind.lastRequest().text())
                .contains("\"tool_use_id\":\"toolu_1\"")
                .contains("\"input\":{\"city\":\"Zürich\"}");
    }

    @Test
    void seesErrorsAsItsOwn() {
        behind.on(
                MESSAGES,
                Script.answer(
                        429,
                        "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}",
                        "Content-Type",
                        "application/json"));
        assertThatThrownBy(() -> client.chat().completions().create(chat().build()))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow");
        assertThatThrownBy(() -> client.chat().completions().create(chat().n(2).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("`n`");
    }
}
