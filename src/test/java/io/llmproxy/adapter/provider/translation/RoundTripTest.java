package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** There and back nothing is lost that both dialects have: conversations, answers and streams made at random. */
class RoundTripTest {
    private static final int MANY = 2000;
    private static final ProviderAccount ACCOUNT = Accounts.account(ProviderKind.CUSTOM, "https://api.example.com/v1");

    private static ChatRequest through(ChatDialect dialect, ChatRequest request) {
        Notes strict = new Notes("nobody", false);
        byte[] json = dialect.writeRequest(request, ACCOUNT, strict);
        ChatRequest read = dialect.readRequest(Json.parse(json), Operation.CHAT, strict);
        assertThat(strict.warning()).isNull();
        return read;
    }

    @ParameterizedTest
    @CsvSource({"openai,anthropic", "anthropic,openai"})
    void ofRequests(String own, String other) {
        for (int seed = 0; seed < MANY; seed++) {
            ChatRequest first = through(Dialects.of(own), new RandomChat(new Random(seed)).request());

            assertThat(through(Dialects.of(own), through(Dialects.of(other), first)))
                    .as("seed %d", seed)
                    .isEqualTo(first);
        }
    }

    @ParameterizedTest
    @CsvSource({"openai,anthropic", "anthropic,openai"})
    void ofAnswers(String own, String other) throws UpstreamException {
        for (int seed = 0; seed < MANY; seed++) {
            ChatAnswer answer = new RandomChat(new Random(seed)).answer();

            assertThat(through(Dialects.of(own), through(Dialects.of(other), answer)))
                    .as("seed %d", seed)
                    .isEqualTo(answer);
        }
    }

    private static ChatAnswer through(ChatDialect dialect, ChatAnswer answer) throws UpstreamException {
        return dialect.readAnswer(Json.parse(dialect.writeAnswer(answer, 0)));
    }

    @ParameterizedTest
    @CsvSource({"openai,anthropic", "anthropic,openai"})
    void ofStreams(String own, String other) throws UpstreamException {
        for (int seed = 0; seed < MANY; seed++) {
            RandomChat random = new RandomChat(new Random(seed));
            ChatAnswer answer = random.answer();
            List<StreamEvent> there = through(Dialects.of(other), random.stream(answer));

            assertThat(collected(through(Dialects.of(own), there)))
                    .as("seed %d", seed)
                    .isEqualTo(answer);
        }
    }

    private static List<StreamEvent> through(ChatDialect dialect, List<StreamEvent> events) throws UpstreamException {
        JsonOut out = new JsonOut();
        StreamWriter writer = dialect.streamWriter(RandomChat.STREAMED, 0);
        for (StreamEvent event : events) {
            writer.write(event, out);
        }
        writer.end(out);
        List<StreamEvent> read = new ArrayList<>();
        StreamReader reader = dialect.streamReader();
        String text = new String(out.take(), StandardCharsets.UTF_8);
        for (String event : text.split("\n\n", -1)) {
            int at = event.indexOf("data: ");
            if (at >= 0 && !event.endsWith("[DONE]")) {
                reader.read(Json.parse(event.substring(at + 6).getBytes(StandardCharsets.UTF_8)), read::add);
            }
        }
        assertThat(reader.mayEnd()).isTrue();
        return read;
    }

    /** What a client makes of the pieces. */
    private static ChatAnswer collected(List<StreamEvent> events) {
        Collector collector = new Collector();
        events.forEach(collector::add);
        return collector.answer();
    }

    /** Content is compared without regard to how a text was cut. */
    @Test
    void piecesMakeTheWhole() {
        List<StreamEvent> events = List.of(new StreamEvent.Text("a"), new StreamEvent.Text("b"));
        Collector collector = new Collector();
        events.forEach(collector::add);

        assertThat(collector.answer().content()).containsExactly(new Content.Text("ab"));
    }
}
