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
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.SignedThought;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What Gemini signed that is no call comes back to it from clients that keep thoughts with their signatures, and goes to nobody else. */
class SignedThoughtsTest {
    private static final String MODEL = "gemini-3-pro-preview";
    private static final ProviderAccount ACCOUNT = Accounts.account(ProviderKind.CUSTOM, "https://api.example.com/v1");
    private static final ProviderDialect GEMINI = Dialects.provider("gemini");
    private static final Reasoning LOW = new Reasoning.Level(Reasoning.Effort.LOW);
    private static final int MANY = 100;

    private static String part(String text, boolean thought, String signature) {
        return "{\"text\":\"" + text + "\"" + (thought ? ",\"thought\":true" : "")
                + (signature.isEmpty() ? "" : ",\"thoughtSignature\":\"" + signature + "\"") + "}";
    }

    private static String answer(List<String> parts, boolean last) {
        return "{\"candidates\":[{\"content\":{\"parts\":[" + String.join(",", parts) + "]}"
                + (last ? ",\"finishReason\":\"STOP\"" : "") + "}],\"modelVersion\":\"gemini-3\",\"responseId\":\"r\"}";
    }

    private static JsonNode json(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ChatRequest asked(String model, List<Message> messages, @Nullable Reasoning reasoning) {
        ChatRequest any = RandomChat.STREAMED;
        return new ChatRequest(
                model,
                messages,
                null,
                any.sampling(),
                1,
                null,
                List.of(),
                null,
                null,
                null,
                reasoning,
                null,
                null,
                false,
                false,
                true,
                ChatRequest.Echo.NONE);
    }

    private static ChatRequest asked(@Nullable Reasoning reasoning) {
        return asked(MODEL, List.of(Message.of(Role.USER, new Content.Text("x"))), reasoning);
    }

    /** What the client keeps of an answer, as it sends it back. */
    private static List<Content> told(String client, List<String> parts, @Nullable Reasoning reasoning)
            throws UpstreamException {
        byte[] written = Dialects.client(client)
                .writeAnswer(asked(reasoning), GEMINI.readAnswer(asked(reasoning), json(answer(parts, true))), 0);
        return Dialects.provider(client).readAnswer(Json.parse(written)).content();
    }

    /** The same of a stream, each part an event. */
    private static List<Content> streamed(String client, List<String> parts) throws UpstreamException {
        ClientDialect dialect = Dialects.client(client);
        StreamReader provider = GEMINI.streamReader(asked(LOW));
        List<StreamEvent> events = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            provider.read(json(answer(List.of(parts.get(i)), i == parts.size() - 1)), events::add);
        }
        JsonOut out = new JsonOut();
        StreamWriter writer = dialect.streamWriter(asked(LOW), 0);
        for (StreamEvent event : events) {
            writer.write(event, out);
        }
        writer.end(out);
        List<Content> kept = new ArrayList<>();
        StreamReader reader = Dialects.provider(client).streamReader();
        for (String line : new String(out.take(), StandardCharsets.UTF_8).split("\n", -1)) {
            if (line.startsWith("data: {")) {
                reader.read(json(line.substring(6)), event -> keep(event, kept));
            }
        }
        return kept;
    }

    private static void keep(StreamEvent event, List<Content> kept) {
        Content last = kept.isEmpty() ? null : kept.getLast();
        switch (event) {
            case StreamEvent.Text(String piece)
            when last instanceof Content.Text(String text, var _) ->
                kept.set(kept.size() - 1, new Content.Text(text + piece));
            case StreamEvent.Text(String piece) -> kept.add(new Content.Text(piece));
            case StreamEvent.Thinking(String piece)
            when last instanceof Content.Thinking(String text, var signature) && signature == null ->
                kept.set(kept.size() - 1, new Content.Thinking(text + piece, null));
            case StreamEvent.Thinking(String piece) -> kept.add(new Content.Thinking(piece, null));
            case StreamEvent.ThinkingSigned(String signature)
            when last instanceof Content.Thinking(String text, var before) && before == null ->
                kept.set(kept.size() - 1, new Content.Thinking(text, signature));
            case StreamEvent.ThinkingSigned(String signature) -> kept.add(new Content.Thinking("", signature));
            default -> {}
        }
    }

    /** What a provider is asked of the client's next request, the model's turn alone. */
    private static List<JsonNode> back(String client, List<Content> kept, String model, Notes notes) {
        List<Message> messages = List.of(
                Message.of(Role.USER, new Content.Text("x")),
                new Message(Role.ASSISTANT, kept, null),
                Message.of(Role.USER, new Content.Text("y")));
        byte[] sent = Written.by(client, messages);
        ChatRequest read = Dialects.client(client).readRequest(Json.parse(sent), Operation.CHAT, notes);
        JsonNode written = Json.parse(GEMINI.writeRequest(asked(model, read.messages(), LOW), ACCOUNT, notes));
        List<JsonNode> out = new ArrayList<>();
        for (JsonNode content : written.path("contents")) {
            if (content.path("role").asString("").equals("model")) {
                content.path("parts").forEach(out::add);
            }
        }
        return out;
    }

    /** Requests as a client writes them, with every thought as it was told. */
    private static final class Written {
        static byte[] by(String client, List<Message> messages) {
            JsonOut out = new JsonOut();
            out.open()
                    .member("model", MODEL)
                    .member("max_tokens", 9)
                    .name("messages")
                    .openList();
            for (Message message : messages) {
                boolean own = message.role() == Role.ASSISTANT;
                out.open().member("role", own ? "assistant" : "user");
                if (client.equals("openai")) {
                    openAi(out, message.content());
                } else {
                    anthropic(out, message.content());
                }
                out.close();
            }
            return out.closeList().close().take();
        }

        private static void openAi(JsonOut out, List<Content> content) {
            StringBuilder text = new StringBuilder();
            out.name("reasoning_details").openList();
            for (Content piece : content) {
                if (piece instanceof Content.Thinking(String thought, var signature)) {
                    out.open().member("type", "reasoning.text").member("text", thought);
                    out.optional("signature", signature).close();
                } else if (piece instanceof Content.Text(String some, var _)) {
                    text.append(some);
                }
            }
            out.closeList().member("content", text.toString());
        }

        private static void anthropic(JsonOut out, List<Content> content) {
            out.name("content").openList();
            for (Content piece : content) {
                if (piece instanceof Content.Thinking(String thought, var signature)) {
                    out.open().member("type", "thinking").member("thinking", thought);
                    out.member("signature", signature == null ? "" : signature).close();
                } else if (piece instanceof Content.Text(String some, var _)) {
                    out.open().member("type", "text").member("text", some).close();
                }
            }
            out.closeList();
        }
    }

    private static List<String> shown(List<JsonNode> parts) {
        return parts.stream()
                .map(part -> (part.path("thought").asBoolean(false) ? "thought " : "")
                        + part.path("text").asString() + ":"
                        + part.path("thoughtSignature").asString(""))
                .toList();
    }

    private static String signature(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(3000)];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void comeBackWithTheirParts(String client) throws UpstreamException {
        Random random = new Random(5);
        for (int i = 0; i < MANY; i++) {
            String thought = random.nextBoolean() ? signature(random) : "";
            String signature = signature(random);
            boolean thinks = random.nextBoolean();
            List<String> parts = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            if (thinks) {
                parts.add(part("Hm.", true, thought));
                if (!thought.isEmpty()) {
                    expected.add("thought Hm.:" + thought);
                }
            }
            parts.add(part("Sunny.", false, signature));
            expected.add("Sunny.:" + signature);
            Notes notes = new Notes("nobody", true);

            assertThat(shown(back(client, told(client, parts, LOW), MODEL, notes)))
                    .isEqualTo(expected);
            assertThat(notes.warning() == null).isEqualTo(!thinks || !thought.isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void thatOfAStreamsEndComesBackAsAPartOfItsOwn(String client) throws UpstreamException {
        List<String> parts =
                List.of(part("Hm", true, ""), part(".", true, "AQID"), part("Sun", false, ""), part("ny.", false, ""));
        List<String> ended = new ArrayList<>(parts);
        ended.add(part("", false, "BAUG"));

        assertThat(shown(back(client, streamed(client, ended), MODEL, new Notes("nobody", true))))
                .containsExactly("thought Hm.:AQID", "Sunny.:", ":BAUG");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void anEndOfThoughtsThatIsASignatureAloneIsOfTheThoughtBefore(String client) throws UpstreamException {
        List<String> parts = List.of(part("Hm.", true, ""), part("", true, "AQID"), part("Sunny.", false, "BAUG"));

        assertThat(shown(back(client, streamed(client, parts), MODEL, new Notes("nobody", true))))
                .containsExactly("thought Hm.:AQID", "Sunny.:BAUG");
    }

    @Test
    void oneBehindTheEndOfTheAnswerDoesNotBreakIt() throws UpstreamException {
        List<StreamEvent> events = new ArrayList<>();
        StreamReader reader = GEMINI.streamReader(asked(LOW));
        reader.read(json(answer(List.of(part("Sunny.", false, "")), true)), events::add);
        reader.read(json(answer(List.of(part("", false, "BAUG")), false)), events::add);

        assertThat(events.getLast()).isInstanceOf(StreamEvent.Finished.class);
        assertThat(reader.mayEnd()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void goToTheModelThatSignedAlone(String client) throws UpstreamException {
        List<String> parts = List.of(part("Hm.", true, "AQID"), part("Sunny.", false, "BAUG"));
        List<Content> told = told(client, parts, LOW);
        Notes notes = new Notes("nobody", true);

        assertThat(shown(back(client, told, "gemini-3-flash", notes))).containsExactly("Sunny.:");
        assertThat(notes.warning()).contains("messages.reasoning");
    }

    /** Who did not ask for thoughts does not look for some, or takes the first part of an answer for its text. */
    @ParameterizedTest
    @CsvSource({"openai,", "anthropic,", "openai,off", "anthropic,off"})
    void areToldThoseAloneWhoAskForThoughts(String client, @Nullable String off) throws UpstreamException {
        Reasoning none = off == null ? null : new Reasoning.Off();

        assertThat(told(client, List.of(part("Sunny.", false, "BAUG")), none))
                .containsExactly(new Content.Text("Sunny."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "thought_signed1_",
                "thought_signed1_t",
                "thought_signed1_tAAAAAA_",
                "thought_signed1_tAAAAAA_BAUG",
                "thought_signed1_xAAAAAA_BAUG",
                "thought_signed2_tAAAAAA_BAUG",
                "ErUBCkYIAhgCIkD"
            })
    void anyOtherSignatureGoesNowhere(String signature) {
        List<Content> kept = List.of(new Content.Text("Sunny."), new Content.Thinking("Hm.", signature));

        assertThat(shown(back("anthropic", kept, MODEL, new Notes("nobody", true))))
                .containsExactly("Sunny.:");
    }

    @Test
    void oneThatWasCutOffGoesNowhere() {
        String whole = SignedThought.of(SignedThought.Part.TEXT, MODEL, "A".repeat(4000));
        for (int length : new int[] {whole.length() - 1, 30, 24, 17}) {
            assertThat(SignedThought.read(whole.substring(0, length), MODEL)).isNull();
        }
        assertThat(SignedThought.read(whole, MODEL))
                .isEqualTo(new SignedThought(SignedThought.Part.TEXT, "A".repeat(4000)));
    }

    /** Its text is gone with a client that shows none: the signature is worth something without it. */
    @Test
    void oneWhoseTextIsGoneComesAlone() throws UpstreamException {
        List<Content> told = told("anthropic", List.of(part("Sunny.", false, "BAUG")), LOW);

        assertThat(shown(back("anthropic", told.subList(1, 2), MODEL, new Notes("nobody", true))))
                .containsExactly(":BAUG");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "bedrock", "cohere", "ollama"})
    void noOtherProviderIsToldOne(String provider) throws UpstreamException {
        List<Content> told = told("anthropic", List.of(part("Hm.", true, "AQID"), part("Sunny.", false, "BAUG")), LOW);
        List<Message> messages = List.of(
                Message.of(Role.USER, new Content.Text("x")),
                new Message(Role.ASSISTANT, told, null),
                Message.of(Role.USER, new Content.Text("y")));
        Notes notes = new Notes("nobody", true);
        ProviderAccount account =
                Accounts.account(ProviderKind.parse(provider), "https://bedrock-runtime.eu-central-1.amazonaws.com");
        byte[] written = Dialects.provider(provider)
                .writeRequest(asked("anthropic.claude-sonnet-4-5", messages, null), account, notes);

        assertThat(new String(written, StandardCharsets.UTF_8))
                .contains("Sunny.")
                .doesNotContain("thought_signed", "AQID", "BAUG");
        assertThat(notes.warning()).contains("without effect");
    }

    @Test
    void oneOfAPartWithAnotherKindOfContentIsPassedOver() throws UpstreamException {
        String part = "{\"executableCode\":{\"code\":\"1\"},\"thoughtSignature\":\"AQID\"}";

        assertThat(told("openai", List.of(part, part("Sunny.", false, "")), LOW))
                .containsExactly(new Content.Text("Sunny."));
    }
}
