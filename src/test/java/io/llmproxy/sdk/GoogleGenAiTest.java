package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ApiException;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.Part;
import com.google.genai.types.Schema;
import com.google.genai.types.Tool;
import com.google.genai.types.Type;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.TestAppliance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official client of Gemini, unchanged, holds its conversation with models of a provider that speaks OpenAI's dialect. */
class GoogleGenAiTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String MODEL = "gpt-4o-mini";
    private static final FakeProvider BEHIND = FakeProvider.start();
    private static final TestAppliance APPLIANCE = TestAppliance.start();
    private static final Client CLIENT = Client.builder()
            .apiKey(APPLIANCE.tenantWithKey("acme", BEHIND.baseUrl()))
            .httpOptions(HttpOptions.builder()
                    .baseUrl(APPLIANCE.gateway().toString())
                    .timeout(60_000)
                    .build())
            .build();

    @AfterAll
    static void closeAll() {
        CLIENT.close();
        APPLIANCE.close();
        BEHIND.close();
    }

    private static GenerateContentConfig config() {
        return GenerateContentConfig.builder()
                .systemInstruction(Content.fromParts(Part.fromText("Be brief.")))
                .maxOutputTokens(100)
                .build();
    }

    private static GenerateContentConfig tools() {
        FunctionDeclaration weather = FunctionDeclaration.builder()
                .name("weather")
                .parameters(Schema.builder()
                        .type(Type.Known.OBJECT)
                        .properties(Map.of(
                                "city", Schema.builder().type(Type.Known.STRING).build()))
                        .build())
                .build();
        return config().toBuilder()
                .tools(List.of(
                        Tool.builder().functionDeclarations(List.of(weather)).build()))
                .build();
    }

    @Test
    void getsAWholeAnswerAndAStream() {
        GenerateContentResponse answer = CLIENT.models.generateContent(MODEL, "Grüezi 👋 \u2028 \"quoted\"", config());

        assertThat(answer.text()).isEqualTo("Hello from the fake.");
        assertThat(answer.usageMetadata().orElseThrow().promptTokenCount()).contains(7);
        assertThat(answer.usageMetadata().orElseThrow().candidatesTokenCount()).contains(3);
        JsonNode sent = JSON.readTree(BEHIND.lastRequest().text());
        assertThat(sent.at("/messages/0/role").asString("")).isEqualTo("system");
        assertThat(sent.at("/messages/1/content").asString("")).isEqualTo("Grüezi 👋 \u2028 \"quoted\"");
        assertThat(sent.at("/max_completion_tokens").asInt()).isEqualTo(100);

        StringBuilder text = new StringBuilder();
        GenerateContentResponse last = answer;
        try (ResponseStream<GenerateContentResponse> stream =
                CLIENT.models.generateContentStream(MODEL, "Hi", config())) {
            for (GenerateContentResponse piece : stream) {
                text.append(piece.text() == null ? "" : piece.text());
                last = piece;
            }
        }
        assertThat(text.toString()).isEqualTo("Hello from the fake.");
        assertThat(last.finishReason().knownEnum().name()).isEqualTo("STOP");
        assertThat(last.usageMetadata().orElseThrow().promptTokenCount()).contains(7);
    }

    @Test
    void holdsAConversationWithToolsStreamed() {
        List<Content> conversation = new ArrayList<>(List.of(
                Content.builder().role("user").parts(Part.fromText("Weather?")).build()));
        List<Part> said = new ArrayList<>();
        try (ResponseStream<GenerateContentResponse> stream =
                CLIENT.models.generateContentStream(MODEL, conversation, tools())) {
            for (GenerateContentResponse piece : stream) {
                if (piece.parts() != null) {
                    said.addAll(piece.parts());
                }
            }
        }
        FunctionCall call = said.stream()
                .flatMap(p -> p.functionCall().stream())
                .findFirst()
                .orElseThrow();
        assertThat(call.name()).contains("weather");
        assertThat(call.args().orElseThrow()).containsEntry("city", "Zürich");

        conversation.add(Content.builder().role("model").parts(said).build());
        conversation.add(Content.builder()
                .role("user")
                .parts(Part.fromFunctionResponse("weather", Map.of("output", "sunny")))
                .build());
        CLIENT.models.generateContent(MODEL, conversation, tools());
        JsonNode sent = JSON.readTree(BEHIND.lastRequest().text()).path("messages");
        assertThat(sent.at("/2/tool_calls/0/id").asString("")).isEqualTo("call_1");
        assertThat(sent.at("/2/tool_calls/0/function/arguments").asString("")).contains("Zürich");
        assertThat(sent.at("/3/role").asString("")).isEqualTo("tool");
        assertThat(sent.at("/3/tool_call_id").asString("")).isEqualTo("call_1");
        assertThat(sent.at("/3/content").asString("")).isEqualTo("sunny");
    }

    @Test
    void countsTokensAndListsModels() {
        assertThat(CLIENT.models
                        .countTokens(MODEL, "one two three", null)
                        .totalTokens()
                        .orElseThrow())
                .isBetween(5, 20);
        assertThat(CLIENT.models.list(null).page().getFirst().name().orElseThrow())
                .startsWith("models/");
    }

    @Test
    void seesErrorsAsItsOwn() {
        String slow = "{\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\"}}";
        BEHIND.on("/v1/chat/completions", Script.answer(429, slow, "Content-Type", "application/json"));
        assertThatThrownBy(() -> CLIENT.models.generateContent(MODEL, "x", config()))
                .isInstanceOfSatisfying(ApiException.class, e -> {
                    assertThat(e.code()).isEqualTo(429);
                    assertThat(e.status()).isEqualTo("RESOURCE_EXHAUSTED");
                    assertThat(e.message()).contains("slow down");
                });
        BEHIND.restore("/v1/chat/completions");
        assertThatThrownBy(() -> CLIENT.models.generateContent(
                        MODEL, "x", config().toBuilder().topK(5f).build()))
                .isInstanceOfSatisfying(ApiException.class, e -> {
                    assertThat(e.code()).isEqualTo(400);
                    assertThat(e.status()).isEqualTo("INVALID_ARGUMENT");
                    assertThat(e.message()).contains("top_k");
                });
    }
}
