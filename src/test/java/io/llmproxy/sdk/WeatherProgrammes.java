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
import com.google.genai.types.FunctionResponse;
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
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
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
import java.util.function.UnaryOperator;

/**
 * One programme for each dialect's client: it asks for the weather, streamed, has the model call its tool as often as it likes, tells what
 * the tool said, and gives back what the model makes of it. The programmes know a model's name and nothing of who provides it. Where calls
 * have ids the last one is answered first, as by tools that run beside each other; where they have none the order is all that tells them apart.
 */
final class WeatherProgrammes implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final OpenAIClient openAi;
    private final AnthropicClient anthropic;
    private final Client gemini;
    private final URI gateway;
    private final String key;
    private final UnaryOperator<String> tool;

    /** @param tool what it says, by what it was asked */
    WeatherProgrammes(URI gateway, String key, UnaryOperator<String> tool) {
        this.gateway = gateway;
        this.key = key;
        this.tool = tool;
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

    /** What the model asked the tool, in its order, and what it says in the end. */
    record Outcome(List<String> asked, String text) {}

    /** @param client whose: openai, responses, anthropic, gemini or ollama */
    Outcome run(String client, String model, String question) throws Exception {
        return switch (client) {
            case "openai" -> openAi(model, question);
            case "responses" -> responses(model, question);
            case "anthropic" -> anthropic(model, question);
            case "gemini" -> gemini(model, question);
            default -> ollama(model, question);
        };
    }

    private Outcome openAi(String model, String question) {
        Object weather = Map.of(
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
                .addUserMessage(question)
                .putAdditionalBodyProperty("tools", JsonValue.from(List.of(weather)));
        ChatCompletionMessage first = openAi(conversation);
        List<ChatCompletionMessageFunctionToolCall> calls = first.toolCalls().orElseThrow().stream()
                .map(ChatCompletionMessageToolCall::asFunction)
                .toList();
        conversation.addMessage(first);
        calls.reversed()
                .forEach(call -> conversation.addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId(call.id())
                        .content(tool.apply(call.function().arguments()))
                        .build()));
        return new Outcome(
                calls.stream().map(call -> call.function().arguments()).toList(),
                openAi(conversation).content().orElseThrow());
    }

    private ChatCompletionMessage openAi(ChatCompletionCreateParams.Builder conversation) {
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        try (var chunks = openAi.chat().completions().createStreaming(conversation.build())) {
            chunks.stream().map(ChatCompletionChunk::validate).forEach(whole::accumulate);
        }
        return whole.chatCompletion().choices().getFirst().message();
    }

    private Outcome responses(String model, String question) {
        List<ResponseInputItem> conversation =
                new ArrayList<>(List.of(ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                        .role(EasyInputMessage.Role.USER)
                        .content(question)
                        .build())));
        List<ResponseFunctionToolCall> calls = responses(model, conversation).output().stream()
                .filter(ResponseOutputItem::isFunctionCall)
                .map(ResponseOutputItem::asFunctionCall)
                .toList();
        calls.forEach(call -> conversation.add(ResponseInputItem.ofFunctionCall(call)));
        calls.reversed()
                .forEach(call -> conversation.add(
                        ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                                .callId(call.callId())
                                .output(tool.apply(call.arguments()))
                                .build())));
        ResponseOutputMessage said = responses(model, conversation).output().stream()
                .filter(ResponseOutputItem::isMessage)
                .findFirst()
                .orElseThrow()
                .asMessage();
        return new Outcome(
                calls.stream().map(ResponseFunctionToolCall::arguments).toList(),
                said.content().getFirst().asOutputText().text());
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

    private Outcome anthropic(String model, String question) {
        com.anthropic.models.messages.Tool weather = com.anthropic.models.messages.Tool.builder()
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
                .addUserMessage(question)
                .addTool(weather);
        Message first = anthropic(conversation);
        List<ToolUseBlock> calls = first.content().stream()
                .filter(ContentBlock::isToolUse)
                .map(ContentBlock::asToolUse)
                .toList();
        List<ContentBlockParam> results = new ArrayList<>();
        calls.reversed()
                .forEach(call -> results.add(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                        .toolUseId(call.id())
                        .content(tool.apply(call._input().toString()))
                        .build())));
        conversation.addMessage(first).addUserMessageOfBlockParams(results);
        Message second = anthropic(conversation);
        return new Outcome(
                calls.stream().map(call -> call._input().toString()).toList(),
                second.content().getFirst().asText().text());
    }

    private Message anthropic(MessageCreateParams.Builder conversation) {
        MessageAccumulator whole = MessageAccumulator.create();
        try (var events = anthropic.messages().createStreaming(conversation.build())) {
            events.stream().map(RawMessageStreamEvent::validate).forEach(whole::accumulate);
        }
        return whole.message();
    }

    private Outcome gemini(String model, String question) {
        List<Content> conversation = new ArrayList<>(List.of(
                Content.builder().role("user").parts(Part.fromText(question)).build()));
        List<Part> first = geminiParts(model, conversation);
        List<FunctionCall> calls =
                first.stream().flatMap(p -> p.functionCall().stream()).toList();
        boolean known = calls.stream().allMatch(call -> call.id().isPresent());
        conversation.add(Content.builder().role("model").parts(first).build());
        conversation.add(Content.builder()
                .role("user")
                .parts((known ? calls.reversed() : calls)
                        .stream().map(this::geminiResult).toList())
                .build());
        StringBuilder text = new StringBuilder();
        geminiParts(model, conversation).forEach(p -> text.append(p.text().orElse("")));
        return new Outcome(
                calls.stream().map(WeatherProgrammes::geminiArguments).toList(), text.toString());
    }

    private static String geminiArguments(FunctionCall call) {
        return call.args().orElseThrow().toString();
    }

    private Part geminiResult(FunctionCall call) {
        FunctionResponse.Builder said = FunctionResponse.builder()
                .name("weather")
                .response(Map.of("output", tool.apply(geminiArguments(call))));
        call.id().ifPresent(said::id);
        return Part.builder().functionResponse(said.build()).build();
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

    private Outcome ollama(String model, String question) throws Exception {
        StreamingChatModel client = OllamaStreamingChatModel.builder()
                .baseUrl(gateway.toString())
                .modelName(model)
                .customHeaders(Map.of("Authorization", "Bearer " + key))
                .timeout(PATIENCE)
                .build();
        List<ChatMessage> conversation = new ArrayList<>(List.of(UserMessage.from(question)));
        AiMessage first = ollama(client, conversation);
        List<ToolExecutionRequest> calls = first.toolExecutionRequests();
        conversation.add(first);
        calls.forEach(call -> conversation.add(ToolExecutionResultMessage.from(call, tool.apply(call.arguments()))));
        return new Outcome(
                calls.stream().map(ToolExecutionRequest::arguments).toList(),
                ollama(client, conversation).text());
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
