package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.RateLimitException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import io.llmproxy.testing.ClientBench;
import io.llmproxy.testing.FakeConnection;
import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official client of OpenAI, unchanged, holds its conversation by the Responses API with models of Anthropic. */
class OpenAiJavaResponsesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String MESSAGES = "/v1/messages";
    private static final String USAGE = "\"usage\":{\"input_tokens\":7,\"output_tokens\":3}";
    private static final ClientBench BENCH = ClientBench.start("anthropic", "claude-*");
    private static final OpenAIClient CLIENT = OpenAIOkHttpClient.builder()
            .baseUrl(BENCH.gateway() + "/v1")
            .apiKey(BENCH.key())
            .maxRetries(0)
            .timeout(Duration.ofMinutes(1))
            .build();

    @AfterAll
    static void stop() {
        CLIENT.close();
        BENCH.close();
    }

    private static ResponseCreateParams.Builder asking() {
        return ResponseCreateParams.builder()
                .model("claude-sonnet-4-5")
                .instructions("Be brief.")
                .maxOutputTokens(9000)
                .store(false)
                .addTool(FunctionTool.builder()
                        .name("weather")
                        .strict(false)
                        .parameters(FunctionTool.Parameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .build())
                        .build());
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
                block(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"),
                delta(0, "{\"type\":\"thinking_delta\",\"thinking\":\"Hm.\"}"),
                delta(0, "{\"type\":\"signature_delta\",\"signature\":\"SIGNED\"}"),
                stop(0),
                block(1, "{\"type\":\"text\",\"text\":\"\"}"),
                delta(1, "{\"type\":\"text_delta\",\"text\":\"Let me \"}"),
                delta(1, "{\"type\":\"text_delta\",\"text\":\"see.\"}"),
                stop(1),
                block(2, "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{}}"),
                delta(2, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\":\"}"),
                delta(2, "{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"Zürich\\\"}\"}"),
                stop(2),
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":3}}",
                "{\"type\":\"message_stop\"}")) {
            c.event(event);
        }
        c.lastChunk();
    }

    private static Response streamed(ResponseCreateParams params) {
        ResponseAccumulator whole = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> events = CLIENT.responses().createStreaming(params)) {
            events.stream().map(ResponseStreamEvent::validate).forEach(whole::accumulate);
        }
        return whole.response().validate();
    }

    @Test
    void holdsAConversationWithToolsAndThoughtsStreamed() {
        BENCH.behind().on(MESSAGES, OpenAiJavaResponsesTest::toolCall);
        Response first = streamed(asking().input("Weather?").build());

        List<ResponseOutputItem> output = first.output();
        assertThat(first.status()).contains(ResponseStatus.COMPLETED);
        assertThat(output).hasSize(3);
        assertThat(output.get(0).asReasoning().encryptedContent()).contains("SIGNED");
        assertThat(output.get(1).asMessage().content().getFirst().asOutputText().text())
                .isEqualTo("Let me see.");
        ResponseFunctionToolCall call = output.get(2).asFunctionCall();
        assertThat(call.arguments()).isEqualTo("{\"city\":\"Zürich\"}");
        assertThat(first.usage().orElseThrow().inputTokens()).isEqualTo(7);

        BENCH.behind()
                .on(
                        MESSAGES,
                        Script.answer(
                                200,
                                "{\"id\":\"msg_2\",\"model\":\"claude\",\"content\":[{\"type\":\"text\",\"text\":\"Sunny.\"}],"
                                        + "\"stop_reason\":\"end_turn\"," + USAGE + "}",
                                "Content-Type",
                                "application/json"));
        List<ResponseInputItem> conversation = new ArrayList<>();
        conversation.add(ResponseInputItem.ofReasoning(output.get(0).asReasoning()));
        conversation.add(ResponseInputItem.ofResponseOutputMessage(output.get(1).asMessage()));
        conversation.add(ResponseInputItem.ofFunctionCall(call));
        conversation.add(ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                .callId(call.callId())
                .output("sunny")
                .build()));
        Response second = CLIENT.responses()
                .create(asking().inputOfResponse(conversation).build())
                .validate();

        assertThat(second.output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .isEqualTo("Sunny.");
        JsonNode sent = JSON.readTree(BENCH.behind().lastRequest().text());
        assertThat(sent.at("/messages/0/content/0/signature").asString("")).isEqualTo("SIGNED");
        assertThat(sent.at("/messages/0/content/2/input/city").asString("")).isEqualTo("Zürich");
        assertThat(sent.at("/messages/1/content/0/tool_use_id").asString("")).isEqualTo("toolu_1");
    }

    @Test
    void whatAnOpenAiProviderHasItselfGoesThrough() {
        Response answer = CLIENT.responses()
                .create(ResponseCreateParams.builder()
                        .model("gpt-4o-mini")
                        .input("Hi")
                        .build());

        assertThat(answer.output()).isNotEmpty();
        assertThat(BENCH.openAi().lastRequest().path()).isEqualTo("/v1/responses");
    }

    @Test
    void seesErrorsAsItsOwn() {
        BENCH.behind()
                .on(
                        MESSAGES,
                        Script.answer(
                                429,
                                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}",
                                "Content-Type",
                                "application/json"));
        assertThatThrownBy(() -> CLIENT.responses().create(asking().input("x").build()))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow");
        assertThatThrownBy(() -> CLIENT.responses()
                        .create(asking().input("x").previousResponseId("resp_1").build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("previous_response_id");
    }
}
