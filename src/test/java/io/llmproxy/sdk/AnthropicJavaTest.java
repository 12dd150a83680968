package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.TestAppliance;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official client of Anthropic, unchanged, holds its conversation with models of a provider that speaks OpenAI's dialect. */
class AnthropicJavaTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final FakeProvider BEHIND = FakeProvider.start();
    private static final TestAppliance APPLIANCE = TestAppliance.start();
    private static final AnthropicClient CLIENT = AnthropicOkHttpClient.builder()
            .baseUrl(APPLIANCE.gateway().toString())
            .apiKey(APPLIANCE.tenantWithKey("acme", BEHIND.baseUrl()))
            .maxRetries(0)
            .timeout(Duration.ofMinutes(1))
            .build();

    @AfterAll
    static void closeAll() {
        CLIENT.close();
        APPLIANCE.close();
        BEHIND.close();
    }

    private static MessageCreateParams.Builder asking(String model) {
        return MessageCreateParams.builder().model(model).maxTokens(100).addUserMessage("Grüezi 👋 \u2028 \"quoted\"");
    }

    private static Tool weather() {
        return Tool.builder()
                .name("weather")
                .inputSchema(Tool.InputSchema.builder()
                        .properties(Tool.InputSchema.Properties.builder()
                                .putAdditionalProperty("city", JsonValue.from(Map.of("type", "string")))
                                .build())
                        .build())
                .build();
    }

    private static Message streamed(MessageCreateParams params) {
        MessageAccumulator whole = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> events = CLIENT.messages().createStreaming(params)) {
            events.stream().forEach(whole::accumulate);
        }
        return whole.message();
    }

    @Test
    void getsAWholeAnswerAndAStream() {
        MessageCreateParams params = asking("gpt-4o-mini").build();
        for (Message answer : List.of(CLIENT.messages().create(params), streamed(params))) {
            answer.validate();
            assertThat(answer.content().getFirst().asText().text()).isEqualTo("Hello from the fake.");
            assertThat(answer.stopReason()).contains(StopReason.END_TURN);
            assertThat(answer.usage().inputTokens()).isEqualTo(7);
            assertThat(answer.usage().outputTokens()).isEqualTo(3);
        }
    }

    @Test
    void holdsAConversationWithTools() {
        MessageCreateParams.Builder conversation = asking("gpt-4o-mini").addTool(weather());
        Message first = streamed(conversation.build());
        ToolUseBlock call = first.content().getFirst().asToolUse();

        assertThat(first.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call._input().toString()).contains("Zürich");

        conversation
                .addMessage(first)
                .addUserMessageOfBlockParams(List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                        .toolUseId(call.id())
                        .content("sunny")
                        .build())));
        assertThat(CLIENT.messages().create(conversation.build()).stopReason()).contains(StopReason.END_TURN);
        JsonNode sent = JSON.readTree(BEHIND.lastRequest().text()).path("messages");
        assertThat(sent.at("/1/tool_calls/0/id").asString("")).isEqualTo("call_1");
        assertThat(sent.at("/1/tool_calls/0/function/arguments").asString("")).contains("Zürich");
        assertThat(sent.at("/2/role").asString("")).isEqualTo("tool");
        assertThat(sent.at("/2/content").asString("")).isEqualTo("sunny");
    }

    @Test
    void countsTokensAndListsModels() {
        long tokens = CLIENT.messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model("gpt-4o-mini")
                        .addUserMessage("one two three")
                        .build())
                .inputTokens();

        assertThat(tokens).isBetween(5L, 20L);
        assertThat(CLIENT.models().list().items()).isNotEmpty();
    }

    @Test
    void seesErrorsAsItsOwn() {
        String unknown = "{\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}}";
        BEHIND.on("/v1/chat/completions", Script.answer(404, unknown, "Content-Type", "application/json"));
        assertThatThrownBy(() -> CLIENT.messages().create(asking("gpt-none").build()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("no such model");
        BEHIND.restore("/v1/chat/completions");
        assertThatThrownBy(() ->
                        CLIENT.messages().create(asking("gpt-4o-mini").topK(5).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("top_k");
    }
}
