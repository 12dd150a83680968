package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.anthropic.FakeAnthropic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LangChain4j's two clients, unchanged, hold one conversation with tools, streamed, with providers of either dialect. */
class LangChain4jTest {
    private static final FakeProvider OPENAI = FakeProvider.start();
    private static final FakeProvider ANTHROPIC = FakeProvider.start().otherwise(new FakeAnthropic());
    private static final TestAppliance APPLIANCE = TestAppliance.start();
    private static final String KEY = key();
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final ToolSpecification WEATHER = ToolSpecification.builder()
            .name("weather")
            .description("The weather of a city")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("city")
                    .required("city")
                    .build())
            .build();

    private static String key() {
        String key = APPLIANCE.tenantWithKey("acme", OPENAI.baseUrl());
        APPLIANCE.provider("acme", "claude", "anthropic", ANTHROPIC.origin(), "sk-ant", "--models", "claude*");
        return key;
    }

    @AfterAll
    static void close() {
        APPLIANCE.close();
        OPENAI.close();
        ANTHROPIC.close();
    }

    private static StreamingChatModel streaming(String client, String model) {
        String base = APPLIANCE.gateway() + "/v1";
        return client.equals("openai")
                ? OpenAiStreamingChatModel.builder()
                        .baseUrl(base)
                        .apiKey(KEY)
                        .modelName(model)
                        .timeout(PATIENCE)
                        .build()
                : AnthropicStreamingChatModel.builder()
                        .baseUrl(base)
                        .apiKey(KEY)
                        .modelName(model)
                        .maxTokens(100)
                        .timeout(PATIENCE)
                        .build();
    }

    private static ChatModel whole(String client, String model, String key) {
        String base = APPLIANCE.gateway() + "/v1";
        return client.equals("openai")
                ? OpenAiChatModel.builder()
                        .baseUrl(base)
                        .apiKey(key)
                        .modelName(model)
                        .maxRetries(0)
                        .timeout(PATIENCE)
                        .build()
                : AnthropicChatModel.builder()
                        .baseUrl(base)
                        .apiKey(key)
                        .modelName(model)
                        .maxTokens(100)
                        .maxRetries(0)
                        .timeout(PATIENCE)
                        .build();
    }

    /** What came in pieces, and the answer that they make. */
    private record Streamed(String pieces, ChatResponse answer) {}

    private static Streamed ask(StreamingChatModel model, List<ChatMessage> conversation) throws Exception {
        ChatRequest request = ChatRequest.builder()
                .messages(conversation)
                .toolSpecifications(WEATHER)
                .build();
        StringBuilder pieces = new StringBuilder();
        CompletableFuture<ChatResponse> answer = new CompletableFuture<>();
        model.chat(request, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String piece) {
                pieces.append(piece);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                answer.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                answer.completeExceptionally(error);
            }
        });
        ChatResponse complete = answer.get(60, TimeUnit.SECONDS);
        return new Streamed(pieces.toString(), complete);
    }

    @ParameterizedTest
    @CsvSource({"openai,gpt-4o-mini", "openai,claude-sonnet-4-5", "anthropic,gpt-4o-mini", "anthropic,claude-sonnet-4-5"
    })
    void holdsAConversationWithTools(String client, String name) throws Exception {
        StreamingChatModel model = streaming(client, name);
        List<ChatMessage> conversation = new ArrayList<>(
                List.of(SystemMessage.from("Be brief."), UserMessage.from("Grüezi 👋 \u2028 \"quoted\"")));

        AiMessage first = ask(model, conversation).answer().aiMessage();
        ToolExecutionRequest call = first.toolExecutionRequests().getFirst();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.arguments().replace(" ", "")).isEqualTo("{\"city\":\"Zürich\"}");

        conversation.add(first);
        conversation.add(ToolExecutionResultMessage.from(call, "sunny"));
        Streamed second = ask(model, conversation);

        assertThat(second.pieces())
                .isEqualTo(second.answer().aiMessage().text())
                .isEqualTo("Hello from the fake.");
        assertThat(second.answer().finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(second.answer().tokenUsage().outputTokenCount()).isEqualTo(3);
        String sent =
                (name.startsWith("gpt") ? OPENAI : ANTHROPIC).lastRequest().text();
        assertThat(sent).contains("Be brief.", "Grüezi 👋", call.id(), "sunny", "Zürich");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void getsWholeAnswers(String client) {
        for (String name : List.of("gpt-4o-mini", "claude-sonnet-4-5")) {
            ChatResponse answer = whole(client, name, KEY).chat(UserMessage.from("Hello"));

            assertThat(answer.aiMessage().text()).isEqualTo("Hello from the fake.");
            assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void seesErrorsAsItsOwn(String client) {
        for (String name : List.of("up/fail-429", "claude/fail-429")) {
            ChatModel refused = whole(client, name, KEY);
            assertThatThrownBy(() -> refused.chat("Hello")).isInstanceOf(RateLimitException.class);
        }
        ChatModel stranger = whole(client, "gpt-4o-mini", "llmp_nobody");
        assertThatThrownBy(() -> stranger.chat("Hello")).isInstanceOf(AuthenticationException.class);
    }

    @Test
    void seesAStreamThatBreaksOffAsAFailure() {
        for (String client : List.of("openai", "anthropic")) {
            for (String name : List.of("up/fail-cut", "claude/fail-cut")) {
                StreamingChatModel model = streaming(client, name);
                assertThatThrownBy(() -> ask(model, List.of(UserMessage.from("Hello"))))
                        .as("%s from %s", client, name)
                        .isNotNull();
            }
        }
    }
}
