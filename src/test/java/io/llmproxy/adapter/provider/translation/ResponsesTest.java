package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.openai.core.ObjectMappers;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStreamEvent;
import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Clients of {@code /v1/responses} have what they share with each dialect there and back, from conversations made at random; and what
 * comes back is a response of OpenAI's, whole or in events.
 */
class ResponsesTest {
    private static final int MANY = 100;
    private static final ClientDialect RESPONSES = Dialects.client("responses");

    /** OpenAI's and Anthropic's dialects share thoughts, images by URL and documents besides. */
    private static final Set<String> RICH = Set.of("openai", "anthropic");

    /** A conversation as it is read from a client's words. */
    private static ChatRequest read(ChatRequest request, Random random) {
        Notes strict = new Notes("nobody", false);
        ChatRequest read = read(new ResponsesJson(random).request(request), strict);
        assertThat(strict.warning()).isNull();
        return read;
    }

    private static ChatRequest read(byte[] json, Notes notes) {
        UpstreamRequest asked =
                new UpstreamRequest("POST", "/responses", false, null, new HeaderFields(), RequestBody.of(json));
        return RESPONSES.readRequest(asked, Json.parse(json), Operation.CHAT, notes);
    }

    private static ChatRequest request(String other, Random random) {
        ChatRequest request = RICH.contains(other)
                ? withoutStops(new RandomChat(random).request())
                : new SharedChat(random, Set.of("responses", other)).request();
        ChatRequest read = read(request, random);
        assertThat(read.messages()).isEqualTo(request.messages());
        return read;
    }

    /** Which this API does not have. */
    private static ChatRequest withoutStops(ChatRequest of) {
        Sampling sampling =
                new Sampling(of.sampling().temperature(), of.sampling().topP(), null, null, null, null, List.of());
        return new ChatRequest(
                of.model(),
                of.messages(),
                of.maxTokens(),
                sampling,
                of.choices(),
                of.topLogprobs(),
                of.tools(),
                of.toolChoice(),
                of.parallelToolCalls(),
                of.format(),
                of.reasoning(),
                of.user(),
                of.serviceTier(),
                of.stream(),
                of.usageInStream(),
                of.thoughtsTold(),
                ChatRequest.Echo.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "gemini", "ollama"})
    void requestsSayTheSameThereAndBack(String other) {
        for (int seed = 0; seed < MANY; seed++) {
            Random random = new Random(seed);
            ChatRequest first = request(other, random);

            // what answers repeat goes to no provider
            assertThat(read(BothWays.of(other).through(first), random))
                    .as("seed %d", seed)
                    .usingRecursiveComparison()
                    .usingOverriddenEquals()
                    .ignoringFields("echo")
                    .isEqualTo(first);
        }
    }

    private static ChatAnswer answer(String other, Random random) {
        ChatAnswer answer = RICH.contains(other)
                ? new RandomChat(random).answer()
                : new SharedChat(random, Set.of("responses", other)).answer();
        boolean refused = other.equals("openai") && answer.finish() == FinishReason.STOP && random.nextBoolean();
        return ChatAnswer.of(
                answer.id(),
                answer.model(),
                List.of(new ChatAnswer.Choice(
                        refused ? refused(answer.content()) : answer.content(),
                        answer.finish(),
                        answer.probabilities())),
                answer.usage());
    }

    private static List<Content> refused(List<Content> content) {
        List<Content> out = new ArrayList<>();
        for (Content piece : content) {
            out.add(piece instanceof Content.Text(String text, var _) ? new Content.Refusal(text) : piece);
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "gemini", "ollama"})
    void answersAreResponses(String other) throws UpstreamException, JsonProcessingException {
        for (int seed = 0; seed < MANY; seed++) {
            Random random = new Random(seed);
            ChatRequest asked = request(other, random);
            ChatAnswer answer = answer(other, random);

            byte[] written = RESPONSES.writeAnswer(asked, BothWays.of(other).through(answer), 5);

            assertThat(ResponsesJson.answer(Json.parse(written)))
                    .as("seed %d", seed)
                    .isEqualTo(plain(answer));
            response(new String(written, StandardCharsets.UTF_8)).validate();
        }
    }

    @Test
    void answersRepeatInstructionsAndMetadata() throws UpstreamException {
        String besides = "\"instructions\":\"Be \\u201cbrief\\u201d.\",\"metadata\":{\"run\":\"7\",\"\\u00e9\":\"\"}";
        ChatRequest asked = read(
                ("{\"model\":\"m\",\"input\":\"x\"," + besides + "}").getBytes(StandardCharsets.UTF_8),
                new Notes("nobody", false));
        ChatAnswer answer = new RandomChat(new Random(1)).answer();

        JsonOut out = new JsonOut();
        StreamWriter writer = RESPONSES.streamWriter(asked, 5);
        for (StreamEvent event : new RandomChat(new Random(1)).stream(answer)) {
            writer.write(event, out);
        }
        writer.end(out);
        JsonNode wanted = Json.parse(("{" + besides + "}").getBytes(StandardCharsets.UTF_8));
        for (JsonNode response : List.of(
                Json.parse(RESPONSES.writeAnswer(asked, answer, 5)),
                ResponsesEvents.whole(new String(out.take(), StandardCharsets.UTF_8)))) {
            assertThat(response.path("instructions")).isEqualTo(wanted.path("instructions"));
            assertThat(response.path("metadata")).isEqualTo(wanted.path("metadata"));
        }
    }

    /** As OpenAI's own client reads it. */
    private static Response response(String json) throws JsonProcessingException {
        return ObjectMappers.jsonMapper().readValue(json, Response.class);
    }

    private static ChatAnswer plain(ChatAnswer answer) {
        return ChatAnswer.of("", answer.model(), answer.choices(), answer.usage());
    }

    private static List<StreamEvent> stream(String other, ChatAnswer answer, Random random) {
        if (!RICH.contains(other)) {
            return new SharedChat(random, Set.of("responses", other)).stream(answer);
        }
        boolean refused = answer.content().stream().anyMatch(Content.Refusal.class::isInstance);
        List<Content> said = new ArrayList<>(answer.content());
        said.replaceAll(piece -> piece instanceof Content.Refusal(String text) ? new Content.Text(text) : piece);
        ChatAnswer texts = new ChatAnswer(answer.id(), answer.model(), said, answer.finish(), null, answer.usage());
        List<StreamEvent> events = new ArrayList<>(new RandomChat(random).stream(texts));
        events.replaceAll(event ->
                refused && event instanceof StreamEvent.Text(String piece) ? new StreamEvent.Refusal(piece) : event);
        return events;
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "gemini", "ollama"})
    void streamsAreEventsOfAResponse(String other) throws UpstreamException, JsonProcessingException {
        for (int seed = 0; seed < MANY; seed++) {
            Random random = new Random(seed);
            ChatRequest asked = request(other, random);
            ChatAnswer answer = answer(other, random);
            JsonOut out = new JsonOut();
            StreamWriter writer = RESPONSES.streamWriter(asked, 5);
            for (StreamEvent event : BothWays.of(other).through(stream(other, answer, random))) {
                writer.write(event, out);
            }
            writer.end(out);
            String written = new String(out.take(), StandardCharsets.UTF_8);

            assertThat(ResponsesJson.answer(ResponsesEvents.whole(written)))
                    .as("seed %d", seed)
                    .isEqualTo(plain(answer));
            accumulates(written);
        }
    }

    /** OpenAI's own client takes each event, and makes the same response of the pieces. */
    private static void accumulates(String stream) throws JsonProcessingException {
        ResponseAccumulator whole = ResponseAccumulator.create();
        for (String data : ResponsesEvents.data(stream)) {
            whole.accumulate(ObjectMappers.jsonMapper()
                    .readValue(data, ResponseStreamEvent.class)
                    .validate());
        }
        assertThat(whole.response())
                .isEqualTo(response(ResponsesEvents.whole(stream).toString()));
    }

    /** An error in the middle, or an end that came too early. */
    @ParameterizedTest
    @ValueSource(strings = {"deepseek", "anthropic"})
    void streamsThatFailNeverLookWhole(String provider) throws IOException {
        String dialect = provider.equals("deepseek") ? "openai" : provider;
        String error =
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"boom\"}}";
        for (int seed = 0; seed < MANY; seed++) {
            Random random = new Random(seed);
            List<String> events = written(dialect, new RandomChat(random));
            int at = 1 + random.nextInt(events.size() - 3);
            events.subList(at, events.size()).clear();
            if (random.nextBoolean()) {
                events.add(error);
            }
            HeaderFields head = HeaderFields.of("Content-Type", "text/event-stream");
            byte[] sent = (String.join("\n\n", events) + "\n\n").getBytes(StandardCharsets.UTF_8);
            CannedProvider canned = new CannedProvider(Dialects.kind(provider), 200, head, sent);
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            try (ProviderCall call = Dialects.call(
                    Dialects.translating(canned, provider, false),
                    "responses",
                    "{\"model\":\"m\",\"input\":\"x\",\"stream\":true}")) {
                call.execute();
                InputStream body = call.body();

                assertThatThrownBy(() -> copy(body, got)).as("seed %d", seed).isInstanceOf(UpstreamException.class);
            }
            ResponsesEvents.assertBrokenOff(got.toString(StandardCharsets.UTF_8));
            assertThat(got.toString(StandardCharsets.UTF_8)).startsWith("event: response.created\n");
        }
    }

    private static void copy(InputStream from, ByteArrayOutputStream to) throws IOException {
        for (int b = from.read(); b >= 0; b = from.read()) {
            to.write(b);
        }
    }

    /** Events of an answer that has at least a beginning, a piece, and an end of three. */
    private static List<String> written(String dialect, RandomChat chat) throws UpstreamException {
        JsonOut out = new JsonOut();
        StreamWriter writer = Dialects.client(dialect).streamWriter(RandomChat.STREAMED, 0);
        for (StreamEvent event : chat.stream(chat.answer())) {
            writer.write(event, out);
        }
        writer.end(out);
        String text = new String(out.take(), StandardCharsets.UTF_8).strip();
        return new ArrayList<>(List.of(text.split("\n\n", -1)));
    }
}
