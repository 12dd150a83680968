package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.SignedCallId;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What Gemini signed comes back to it, from clients of every API that echo the ids of calls and nothing else. */
class SignedCallsTest {
    private static final String MODEL = "gemini-3-pro-preview";
    private static final String NOT_SIGNED = "skip_thought_signature_validator";
    private static final ProviderAccount ACCOUNT = Accounts.account(ProviderKind.CUSTOM, "https://api.example.com/v1");
    private static final ProviderDialect GEMINI = Dialects.provider("gemini");
    private static final int MANY = 50;

    /** An answer with so many calls, of which those with a signature have it as Gemini has. */
    private static String answer(List<String> signatures) {
        StringBuilder parts = new StringBuilder("{\"text\":\"Hm.\"}");
        int call = 0;
        for (String signature : signatures) {
            parts.append(",{\"functionCall\":{\"name\":\"f").append(call++).append("\",\"args\":{\"n\":1}}");
            parts.append(signature.isEmpty() ? "}" : ",\"thoughtSignature\":\"" + signature + "\"}");
        }
        return "{\"candidates\":[{\"content\":{\"parts\":[" + parts
                + "]},\"finishReason\":\"STOP\"}],\"modelVersion\":\"gemini-3\",\"responseId\":\"r\"}";
    }

    private static JsonNode json(byte[] bytes) {
        return Json.parse(bytes);
    }

    private static ChatRequest asked(List<Message> messages) {
        ChatRequest any = RandomChat.STREAMED;
        return new ChatRequest(
                MODEL,
                messages,
                null,
                any.sampling(),
                1,
                null,
                List.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                false,
                false,
                false,
                ChatRequest.Echo.NONE);
    }

    /** What the client reads of the answer. */
    private static List<Content> told(String client, String answer, boolean stream) throws UpstreamException {
        ChatRequest request = asked(List.of(Message.of(Role.USER, new Content.Text("x"))));
        ClientDialect dialect = Dialects.client(client);
        ProviderDialect reader = Dialects.provider(client);
        JsonNode body = json(answer.getBytes(StandardCharsets.UTF_8));
        if (!stream) {
            byte[] written = dialect.writeAnswer(request, GEMINI.readAnswer(request, body), 0);
            return reader.readAnswer(json(written)).content();
        }
        JsonOut out = new JsonOut();
        StreamWriter writer = dialect.streamWriter(request, 0);
        List<StreamEvent> events = new ArrayList<>();
        GEMINI.streamReader(request).read(body, events::add);
        for (StreamEvent event : events) {
            writer.write(event, out);
        }
        writer.end(out);
        Collector collector = new Collector();
        StreamReader stored = reader.streamReader();
        for (String line : new String(out.take(), StandardCharsets.UTF_8).split("\n", -1)) {
            String data = line.startsWith("data: ") ? line.substring(6) : line.startsWith("{") ? line : "";
            if (!data.isEmpty() && !data.equals("[DONE]")) {
                stored.read(json(data.getBytes(StandardCharsets.UTF_8)), collector::add);
            }
        }
        return collector.answer().content();
    }

    /** What Gemini is asked when the client sends calls with their results. */
    private static List<JsonNode> parts(String client, List<Content> calls, String model) {
        List<Message> messages = new ArrayList<>();
        messages.add(Message.of(Role.USER, new Content.Text("x")));
        messages.add(new Message(Role.ASSISTANT, calls, null));
        for (Content content : calls) {
            if (content instanceof Content.ToolCall call) {
                List<Content> done = List.of(new Content.Text("done " + call.name()));
                messages.add(Message.of(Role.TOOL, new Content.ToolResult(call.id(), done, false, null)));
            }
        }
        Notes notes = new Notes("nobody", true);
        byte[] sent = Dialects.provider(client).writeRequest(asked(messages), ACCOUNT, notes);
        ChatRequest read = Dialects.client(client).readRequest(json(sent), Operation.CHAT, notes);
        ChatRequest routed = asked(read.messages());
        JsonNode written =
                json(GEMINI.writeRequest(model.equals(MODEL) ? routed : model(routed, model), ACCOUNT, notes));
        List<JsonNode> out = new ArrayList<>();
        for (JsonNode content : written.path("contents")) {
            content.path("parts").forEach(out::add);
        }
        return out;
    }

    private static ChatRequest model(ChatRequest request, String model) {
        return new ChatRequest(
                model,
                request.messages(),
                null,
                request.sampling(),
                1,
                null,
                List.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                false,
                false,
                false,
                ChatRequest.Echo.NONE);
    }

    private static List<String> signatures(List<JsonNode> parts) {
        return parts.stream()
                .filter(part -> part.has("functionCall"))
                .map(part -> part.path("thoughtSignature").asString(""))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama"})
    void comeBackAsTheyWere(String client) throws UpstreamException {
        Random random = new Random(3);
        for (int i = 0; i < MANY; i++) {
            byte[] bytes = new byte[1 + random.nextInt(2000)];
            random.nextBytes(bytes);
            String signature = Base64.getEncoder().encodeToString(bytes);
            List<String> signed = switch (random.nextInt(3)) {
                case 0 -> List.of(signature);
                case 1 -> List.of(signature, "");
                default -> List.of(signature, "", signature + "AAAA".substring(signature.endsWith("=") ? 4 : 0));
            };
            List<Content> told = told(client, answer(signed), random.nextBoolean());
            List<JsonNode> parts = parts(client, told, MODEL);

            assertThat(signatures(parts)).isEqualTo(signed);
            assertThat(parts.stream()
                            .map(p ->
                                    p.path("functionResponse").path("response").path("output"))
                            .filter(JsonNode::isString)
                            .map(JsonNode::stringValue))
                    .isEqualTo(
                            signed.size() == 1
                                    ? List.of("done f0")
                                    : signed.size() == 2
                                            ? List.of("done f0", "done f1")
                                            : List.of("done f0", "done f1", "done f2"));
        }
    }

    @Test
    void goToTheModelThatSignedAlone() throws UpstreamException {
        List<Content> told = told("openai", answer(List.of("AQID", "")), false);

        assertThat(signatures(parts("openai", told, "gemini-3-flash"))).containsExactly(NOT_SIGNED, NOT_SIGNED);
        assertThat(signatures(parts("openai", told, "gemini-2.5-flash"))).containsExactly("", "");
    }

    @Test
    void olderModelsGetTheirsToo() throws UpstreamException {
        String id = SignedCallId.of("f1", "gemini-2.5-flash", "AQID");
        List<Content> calls = List.of(new Content.ToolCall(id, "f0", "{}"));

        assertThat(signatures(parts("openai", calls, "gemini-2.5-flash"))).containsExactly("AQID");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "call_1",
                "toolu_01A09q90qw90lq917835lq9",
                "call_signed1_",
                "call_signed1_02f1_AAAAAA0AQID",
                "call_signed1_99f1_AAAAAA0AQID",
                "call_7__thought__AQID"
            })
    void anyOtherIdIsNotSigned(String id) {
        List<Content> calls = List.of(new Content.ToolCall(id, "f0", "{}"));
        List<JsonNode> parts = parts("openai", calls, MODEL);

        assertThat(signatures(parts)).containsExactly(NOT_SIGNED);
        assertThat(parts.getLast().at("/functionResponse/response/output").stringValue())
                .isEqualTo("done f0");
    }

    @Test
    void anOverlongIdIsNotSigned() {
        String id = SignedCallId.of("f1", MODEL, "AQID") + "A".repeat(1_000_000);

        assertThat(signatures(parts("openai", List.of(new Content.ToolCall(id, "f0", "{}")), MODEL)))
                .containsExactly(NOT_SIGNED);
    }

    /** The API wants the first of a turn signed; a client may have sent them in another order. */
    @Test
    void theFirstCallHasASignatureWhateverTheirOrder() throws UpstreamException {
        List<Content> told = new ArrayList<>(told("openai", answer(List.of("AQID", "")), false));
        List<Content> turned = List.of(told.getLast(), told.get(told.size() - 2));

        assertThat(signatures(parts("openai", turned, MODEL))).containsExactly(NOT_SIGNED, "AQID");
    }

    @Test
    void eachStepHasItsOwn() {
        List<Message> messages = new ArrayList<>();
        messages.add(Message.of(Role.USER, new Content.Text("x")));
        for (String signature : List.of("AQID", "BAUG")) {
            String id = SignedCallId.of("c" + signature, MODEL, signature);
            messages.add(Message.of(Role.ASSISTANT, new Content.ToolCall(id, "f", "{}")));
            List<Content> done = List.of(new Content.Text("done"));
            messages.add(Message.of(Role.TOOL, new Content.ToolResult(id, done, false, null)));
        }
        messages.add(Message.of(Role.ASSISTANT, new Content.ToolCall("call_other", "f", "{}")));
        byte[] written = GEMINI.writeRequest(asked(messages), ACCOUNT, new Notes("nobody", false));

        assertThat(json(written).findValuesAsString("thoughtSignature")).containsExactly("AQID", "BAUG", NOT_SIGNED);
    }

    /** Ids tell which result is whose; where they stand, Gemini does. */
    @Test
    void resultsComeInTheOrderOfTheirCalls() {
        String id = SignedCallId.of("f1", MODEL, "AQID");
        List<Message> messages = new ArrayList<>();
        messages.add(Message.of(Role.USER, new Content.Text("x")));
        messages.add(Message.of(
                Role.ASSISTANT, new Content.ToolCall(id, "first", "{}"), new Content.ToolCall("f2", "second", "{}")));
        for (String called : List.of("f2", id)) {
            messages.add(Message.of(
                    Role.TOOL, new Content.ToolResult(called, List.of(new Content.Text("done")), false, null)));
        }
        JsonNode written = json(GEMINI.writeRequest(asked(messages), ACCOUNT, new Notes("nobody", false)));

        assertThat(written.at("/contents/2/parts/0/functionResponse/name").stringValue())
                .isEqualTo("first");
        assertThat(written.at("/contents/2/parts/1/functionResponse/name").stringValue())
                .isEqualTo("second");
    }

    /** Parallel calls of one function differ in their ids alone, which results have too. */
    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama"})
    void resultsOfOneFunctionHaveTheIdsOfTheirCalls(String client) {
        List<Content> calls = List.of(
                new Content.ToolCall(SignedCallId.of("f1", MODEL, "AQID"), "weather", "{\"city\":\"Bern\"}"),
                new Content.ToolCall("f2", "weather", "{\"city\":\"Chur\"}"));
        List<JsonNode> parts = parts(client, calls, MODEL);

        assertThat(parts.stream()
                        .map(part ->
                                part.has("functionCall") ? part.path("functionCall") : part.path("functionResponse"))
                        .filter(JsonNode::isObject)
                        .map(call -> call.path("id").asString("none")))
                .containsExactly("f1", "f2", "f1", "f2");
    }

    /** A body holds as many as it has room for: their order must not cost more than they do. */
    @Test
    @Timeout(20)
    void thousandsOfResultsInAnyOrderArePlacedAtOnce() {
        int calls = 60_000;
        List<Content> asked = new ArrayList<>();
        List<Content> done = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            asked.add(new Content.ToolCall("c" + i, "f" + i, "{}"));
            // seven times the number's place: every one far from where it belongs
            done.add(new Content.ToolResult("c" + (int) (i * 7L % calls), List.of(new Content.Text("r")), false, null));
        }
        asked.add(new Content.ToolCall("last", "last", "{}"));
        done.addFirst(new Content.ToolResult("last", List.of(new Content.Text("r")), false, null));
        done = new ArrayList<>(done.subList(0, 20_000));
        List<Message> messages = List.of(
                Message.of(Role.USER, new Content.Text("x")),
                new Message(Role.ASSISTANT, asked, null),
                new Message(Role.TOOL, done, null));
        JsonNode parts = json(GEMINI.writeRequest(asked(messages), ACCOUNT, new Notes("nobody", false)))
                .at("/contents/2/parts");
        assertThat(parts.size()).isEqualTo(20_000);
        assertThat(parts.at("/0/functionResponse/name").stringValue()).isEqualTo("f0");
        assertThat(parts.at("/19999/functionResponse/name").stringValue()).isEqualTo("last");
    }

    /** A plain id that no other API would take gives way to one that is made here. */
    @Test
    void anUnusualIdOfTheProviderIsReplaced() throws UpstreamException {
        String answer = answer(List.of("AQID")).replace("{\"name\"", "{\"id\":\"a b/c\",\"name\"");
        List<Content> told = told("openai", answer, false);

        assertThat(told.getLast())
                .isInstanceOfSatisfying(
                        Content.ToolCall.class,
                        call -> assertThat(call.id())
                                .matches("call_signed1_29call_[0-9a-f]{24}_[A-Za-z0-9_-]{6}0AQID"));
        assertThat(signatures(parts("openai", told, MODEL))).containsExactly("AQID");
    }
}
