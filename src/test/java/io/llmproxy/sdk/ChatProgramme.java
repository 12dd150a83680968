package io.llmproxy.sdk;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionUpdateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.ConversationUpdateParams;
import com.openai.models.conversations.items.ItemCreateParams;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.moderations.ModerationCreateParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseIncludable;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.inputtokens.InputTokenCountParams;
import java.util.List;
import java.util.Map;

/** Every call that generates or moderates text, and those on what was stored of it. */
@SuppressWarnings("MustBeClosedChecker") // the transcript closes what it is given
record ChatProgramme(OpenAIClient client, Transcript seen) {
    private static final Object WEATHER = Map.of(
            "type",
            "function",
            "function",
            Map.of("name", "weather", "parameters", Map.of("type", "object", "properties", Map.of())));
    private static final Object CITY =
            Map.of("type", "json_schema", "json_schema", Map.of("name", "city", "schema", Map.of("type", "object")));

    static ChatCompletionCreateParams.Builder chat(String model) {
        return ChatCompletionCreateParams.builder().model(model).addUserMessage("Grüezi 👋 \u2028 \"quoted\"");
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return chat("gpt-4o-mini");
    }

    void run() {
        chats();
        streams();
        storedChats();
        completions();
        responses();
        conversations();
        models();
    }

    private void chats() {
        var chats = client.chat().completions();
        seen.call("chat", () -> chats.create(chat().build()));
        seen.call("chat with tools", () -> chats.create(with("tools", List.of(WEATHER))));
        seen.call("chat with three choices", () -> chats.create(chat().n(3).build()));
        seen.call(
                "chat with log probabilities",
                () -> chats.create(chat().logprobs(true).topLogprobs(1).build()));
        seen.call("chat with a schema", () -> chats.create(with("response_format", CITY)));
        seen.call("chat with audio", () -> chats.create(with("audio", Map.of("voice", "alloy", "format", "wav"))));
        seen.call(
                "chat with unknown fields and headers",
                () -> chats.create(chat().putAdditionalBodyProperty(
                                "of_tomorrow", JsonValue.from(Map.of("deep", List.of(1, 2.50, 1e300))))
                        .putAdditionalHeader("X-Of-Mine", "grün".replace('ü', 'u'))
                        .putAdditionalQueryParam("a b", "c&d=é")
                        .build()));
    }

    private static ChatCompletionCreateParams with(String property, Object value) {
        return chat().putAdditionalBodyProperty(property, JsonValue.from(value)).build();
    }

    private void streams() {
        var chats = client.chat().completions();
        seen.stream("chat stream", () -> chats.createStreaming(chat().build()));
        seen.stream(
                "chat stream with usage",
                () -> chats.createStreaming(chat().streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build()));
        seen.stream(
                "chat stream without obfuscation",
                () -> chats.createStreaming(chat().streamOptions(ChatCompletionStreamOptions.builder()
                                .includeObfuscation(false)
                                .build())
                        .build()));
        seen.stream("chat stream with tools", () -> chats.createStreaming(with("tools", List.of(WEATHER))));
        seen.stream(
                "chat stream of two choices",
                () -> chats.createStreaming(chat().n(2).logprobs(true).build()));
    }

    private void storedChats() {
        var chats = client.chat().completions();
        seen.call("stored chat", () -> chats.retrieve("chatcmpl-a"));
        seen.all("stored chats", () -> chats.list().autoPager());
        seen.all(
                "stored chat's messages",
                () -> chats.messages().list("chatcmpl-a").autoPager());
        seen.call(
                "stored chat updated",
                () -> chats.update(ChatCompletionUpdateParams.builder()
                        .completionId("chatcmpl-a")
                        .metadata(ChatCompletionUpdateParams.Metadata.builder()
                                .putAdditionalProperty("a", JsonValue.from("b"))
                                .build())
                        .build()));
        seen.call("stored chat deleted", () -> chats.delete("chatcmpl-a"));
    }

    private void completions() {
        CompletionCreateParams params = CompletionCreateParams.builder()
                .model("gpt-3.5-turbo-instruct")
                .prompt("Once upon a time")
                .build();
        seen.call("completion", () -> client.completions().create(params));
        seen.stream("completion stream", () -> client.completions().createStreaming(params));
    }

    private void responses() {
        var responses = client.responses();
        ResponseCreateParams params = ResponseCreateParams.builder()
                .model("gpt-4o-mini")
                .input("Hello")
                .addInclude(ResponseIncludable.FILE_SEARCH_CALL_RESULTS)
                .build();
        seen.call("response", () -> responses.create(params));
        seen.stream("response stream", () -> responses.createStreaming(params));
        seen.call("response retrieved", () -> responses.retrieve("resp_1"));
        seen.stream(
                "response retrieved as a stream",
                () -> responses.retrieveStreaming(ResponseRetrieveParams.builder()
                        .responseId("resp_1")
                        .startingAfter(3)
                        .addInclude(ResponseIncludable.FILE_SEARCH_CALL_RESULTS)
                        .addInclude(ResponseIncludable.REASONING_ENCRYPTED_CONTENT)
                        .build()));
        seen.all("response's input", () -> responses.inputItems().list("resp_1").autoPager());
        seen.call("response cancelled", () -> responses.cancel("resp_1"));
        seen.call("response deleted", () -> {
            responses.delete("resp_1");
            return "done";
        });
        seen.call(
                "response's input counted",
                () -> responses
                        .inputTokens()
                        .count(InputTokenCountParams.builder()
                                .model("gpt-4o-mini")
                                .input("Hello")
                                .build()));
    }

    private void conversations() {
        var conversations = client.conversations();
        EasyInputMessage message = EasyInputMessage.builder()
                .role(EasyInputMessage.Role.USER)
                .content("Grüezi")
                .build();
        seen.call(
                "conversation",
                () -> conversations.create(
                        ConversationCreateParams.builder().addItem(message).build()));
        seen.call("conversation retrieved", () -> conversations.retrieve("conv_1"));
        seen.call(
                "conversation updated",
                () -> conversations.update(ConversationUpdateParams.builder()
                        .conversationId("conv_1")
                        .metadata(ConversationUpdateParams.Metadata.builder()
                                .putAdditionalProperty("topic", JsonValue.from("demo"))
                                .build())
                        .build()));
        seen.call(
                "conversation's items added",
                () -> conversations
                        .items()
                        .create(ItemCreateParams.builder()
                                .conversationId("conv_1")
                                .addItem(message)
                                .build()));
        seen.all(
                "conversation's items",
                () -> conversations.items().list("conv_1").autoPager());
        seen.call(
                "conversation's item",
                () -> conversations
                        .items()
                        .retrieve(ItemRetrieveParams.builder()
                                .conversationId("conv_1")
                                .itemId("i_1")
                                .addInclude(ResponseIncludable.FILE_SEARCH_CALL_RESULTS)
                                .build()));
        seen.call(
                "conversation's item deleted",
                () -> conversations
                        .items()
                        .delete(ItemDeleteParams.builder()
                                .conversationId("conv_1")
                                .itemId("i_1")
                                .build()));
        seen.call("conversation deleted", () -> conversations.delete("conv_1"));
    }

    private void models() {
        seen.all("models", () -> client.models().list().autoPager());
        seen.call("model", () -> client.models().retrieve("gpt-4o-mini"));
        seen.call("model of one's own", () -> client.models().retrieve("ft:gpt-4o-mini:acmé::1"));
        seen.call("model deleted", () -> client.models().delete("ft:gpt-4o-mini:acme::1"));
        seen.call(
                "embeddings",
                () -> client.embeddings()
                        .create(embedding()
                                .inputOfArrayOfStrings(List.of("a", "é"))
                                .build()));
        seen.call(
                "embeddings as floats",
                () -> client.embeddings()
                        .create(embedding()
                                .input("x")
                                .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                                .build()));
        seen.call(
                "moderation",
                () -> client.moderations()
                        .create(ModerationCreateParams.builder().input("x").build()));
    }

    private static EmbeddingCreateParams.Builder embedding() {
        return EmbeddingCreateParams.builder().model("text-embedding-3-small");
    }
}
