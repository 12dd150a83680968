package io.llmproxy.sdk;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.Part;
import com.google.genai.types.Schema;
import com.google.genai.types.Type;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseOutputMessage;
import com.openai.models.responses.ResponseStreamEvent;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One programme for each dialect's client: it asks for the weather, streamed, has the model call its tool, tells what the tool said, and
 * gives back what the model makes of it. The programmes know a model's name and nothing of who provides it.
 */
final class WeatherProgrammes implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String QUESTION = "Weather in Zürich?";

    private final OpenAIClient openAi;
    private final AnthropicClient anthropic;
    private final Client gemini;
    private final URI gateway;
    private final String key;
    private final String result;

    /** @param result what the tool says */
    WeatherProgrammes(URI gateway, String key, String result) {
        this.gateway = gateway;
        this.key = key;
        this.result = result;
        this.openAi = OpenAIOkHttpClient.builder()
                .baseUrl(gateway + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .timeout(PATIENCE)
                .build();
        this.anthropic = AnthropicOkHttpClient.builder()
                .baseUrl(gateway.toString())
                .apiKey(key)
                .maxRetries(0)
                .timeout(PATIENCE)
                .build();
        this.gemini = Client.builder()
                .apiKey(key)
                .httpOptions(HttpOptions.builder()
                        .baseUrl(gateway.toString())
                        .timeout(60_000)
                        .build())
                .build();
    }

    /** What the model says in the end, and the city that it asked the tool about. */
    record Outcome(String city, String text) {}

    /** @param client whose: openai, responses, anthropic, gemini or ollama */
    Outcome run(String client, String model) throws Exception {
        return switch (client) {
            case "openai" -> openAi(model);
            case "responses" -> responses(model);
            case "anthropic" -> anthropic(model);
            case "gemini" -> gemini(model);
            default -> ollama(model);
        };
    }

    private Outcome openAi(String model) {
        Object tool = Map.of(
                "type",
                "function",
                "function",
                Map.of(
                        "name",
                        "weather",
                        "parameters",
                        Map.of("type", "object", "properties", Map.of("city", Map.of("type", "string")))));
        ChatCompletionCreateParams.Builder conversation = ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(QUESTION)
                .putAdditionalBodyProperty("tools", JsonValue.from(List.of(tool)));
        ChatCompletionMessage first = openAi(conversation);
        ChatCompletionMessageFunctionToolCall call =
                first.toolCalls().orElseThrow().getFirst().asFunction();
        conversation
                .addMessage(first)
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id())
                        .content(result)
                        .build());
        return new Outcome(
                call.function().arguments(), openAi(conversation).content().orElseThrow());
    }

    private ChatCompletionMessage openAi(ChatCompletionCreateParams.Builder conversation) {
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (var chunks = openAi.chat().completions().createStreaming(conversation.build())) {
            chunks.stream().map(ChatCompletionChunk::validate).forEach(whole::accumulate);
        }
        return whole.chatCompletion().choices().getFirst().message();
    }

    private Outcome responses(String model) {
        List<ResponseInputItem> conversation =
                new ArrayList<>(List.of(ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                        .role(EasyInputMessage.Role.USER)
                        .content(QUESTION)
                        .build())));
        ResponseFunctionToolCall call = responses(model, conversation).output().stream()
                .filter(ResponseOutputItem::isFunctionCall)
                .findFirst()
                .orElseThrow()
                .asFunctionCall();
        conversation.add(ResponseInputItem.ofFunctionCall(call));
        conversation.add(ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                .callId(call.callId())
                .output(result)
                .build()));
        ResponseOutputMessage said = responses(model, conversation).output().stream()
                .filter(ResponseOutputItem::isMessage)
                .findFirst()
                .orElseThrow()
                .asMessage();
        return new Outcome(
                call.arguments(), said.content().getFirst().asOutputText().text());
    }

    private Response responses(String model, List<ResponseInputItem> conversation) {
        ResponseCreateParams asked = ResponseCreateParams.builder()
                .model(model)
                .store(false)
                .inputOfResponse(conversation)
                .addTool(FunctionTool.builder()
                        .name("weather")
                        .strict(false)
                        .parameters(FunctionTool.Parameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .putAdditionalProperty(
                                        "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                                .build())
                        .build())
                .build();
        ResponseAccumulator whole = ResponseAccumulator.create();
        try (var events = openAi.responses().createStreaming(asked)) {
            events.stream().map(ResponseStreamEvent::validate).forEach(whole::accumulate);
        }
        return whole.response().validate();
    }

    private Outcome anthropic(String model) {
        com.anthropic.models.messages.Tool tool = com.anthropic.models.messages.Tool.builder()
                .name("weather")
                .inputSchema(com.anthropic.models.messages.Tool.InputSchema.builder()
                        .properties(com.anthropic.models.messages.Tool.InputSchema.Properties.builder()
                                .putAdditionalProperty(
                                        "city", com.anthropic.core.JsonValue.from(Map.of("type", "string")))
                                .build())
                        .build())
                .build();
        MessageCreateParams.Builder conversation = MessageCreateParams.builder()
                .model(model)
                .maxTokens(100)
                .addUserMessage(QUESTION)
                .addTool(tool);
        Message first = anthropic(conversation);
        ToolUseBlock call = first.content().stream()
                .filter(ContentBlock::isToolUse)
                .findFirst()
                .orElseThrow()
                .asToolUse();
        conversation
                .addMessage(first)
                .addUserMessageOfBlockParams(List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                        .toolUseId(call.id())
                        .content(result)
                        .build())));
        Message second = anthropic(conversation);
        return new Outcome(
                call._input().toString(), second.content().getFirst().asText().text());
    }

    private Message anthropic(MessageCreateParams.Builder conversation) {
        MessageAccumulator whole = MessageAccumulator.create();
        try (var events = anthropic.messages().createStreaming(conversation.build())) {
            events.stream().map(RawMessageStreamEvent::validate).forEach(whole::accumulate);
        }
        return whole.message();
    }

    private Outcome gemini(String model) {
        List<Content> conversation = new ArrayList<>(List.of(
                Content.builder().role("user").parts(Part.fromText(QUESTION)).build()));
        List<Part> first = geminiParts(model, conversation);
        FunctionCall call = first.stream()
                .flatMap(p -> p.functionCall().stream())
                .findFirst()
                .orElseThrow();
        conversation.add(Content.builder().role("model").parts(first).build());
        conversation.add(Content.builder()
                .role("user")
                .parts(Part.fromFunctionResponse("weather", Map.of("output", result)))
                .build());
        StringBuilder text = new StringBuilder();
        geminiParts(model, conversation).forEach(p -> text.append(p.text().orElse("")));
        return new Outcome(call.args().orElseThrow().toString(), text.toString());
    }

    private List<Part> geminiParts(String model, List<Content> conversation) {
        FunctionDeclaration weather = FunctionDeclaration.builder()
                .name("weather")
                .parameters(Schema.builder()
                        .type(Type.Known.OBJECT)
                        .properties(Map.of(
                                "city", Schema.builder().type(Type.Known.STRING).build()))
                        .build())
                .build();
        GenerateContentConfig config = GenerateContentConfig.builder()
                .tools(List.of(com.google.genai.types.Tool.builder()
                        .functionDeclarations(List.of(weather))
                        .build()))
                .build();
        List<Part> said = new ArrayList<>();
        try (ResponseStream<GenerateContentResponse> stream =
                gemini.models.generateContentStream(model, conversation, config)) {
            for (GenerateContentResponse piece : stream) {
                if (piece.parts() != null) {
                    said.addAll(piece.parts());
                }
            }
        }
        return said;
    }

    private Outcome ollama(String model) throws Exception {
        StreamingChatModel client = OllamaStreamingChatModel.builder()
                .baseUrl(gateway.toString())
                .modelName(model)
                .customHeaders(Map.of("Authorization", "Bearer " + key))
                .timeout(PATIENCE)
                .build();
        List<ChatMessage> conversation = new ArrayList<>(List.of(UserMessage.from(QUESTION)));
        AiMessage first = ollama(client, conversation);
        ToolExecutionRequest call = first.toolExecutionRequests().getFirst();
        conversation.add(first);
        conversation.add(ToolExecutionResultMessage.from(call, result));
        return new Outcome(call.arguments(), ollama(client, conversation).text());
    }

    private static AiMessage ollama(StreamingChatModel client, List<ChatMessage> conversation) throws Exception {
        ToolSpecification weather = ToolSpecification.builder()
                .name("weather")
                .parameters(JsonObjectSchema.builder().addStringProperty("city").build())
                .build();
        CompletableFuture<AiMessage> answer = new CompletableFuture<>();
        client.chat(
                ChatRequest.builder()
                        .messages(conversation)
                        .toolSpecifications(weather)
                        .build(),
                new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String piece) {}

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                        answer.complete(response.aiMessage());
                    }

                    @Override
                    public void onError(Throwable error) {
                        answer.completeExceptionally(error);
                    }
                });
        return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        openAi.close();
        anthropic.close();
        gemini.close();
    }
}
