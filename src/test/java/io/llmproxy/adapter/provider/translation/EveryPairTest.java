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
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What all dialects share is there and back between every two of those that have clients and providers; {@link RoundTripTest} has what only two share. */
class EveryPairTest {
    private static final int MANY = 100;
    private static final List<String> DIALECTS = List.of("openai", "anthropic", "gemini", "ollama");
    private static final ProviderAccount ACCOUNT = Accounts.account(ProviderKind.CUSTOM, "https://api.example.com/v1");

    private record Both(ClientDialect client, ProviderDialect provider) {
        static Both of(String name) {
            return new Both(Dialects.client(name), Dialects.provider(name));
        }

        ChatRequest through(ChatRequest request) {
            Notes strict = new Notes("nobody", false);
            byte[] json = provider.writeRequest(request, ACCOUNT, strict);
            ProviderDialect.Place place = provider.place(request);
            UpstreamRequest sent = new UpstreamRequest(
                    "POST", place.path(), false, place.query(), new HeaderFields(), RequestBody.of(json));
            ChatRequest read = client.readRequest(sent, Json.parse(json), Operation.CHAT, strict);
            assertThat(strict.warning()).isNull();
            return read;
        }

        ChatAnswer through(ChatAnswer answer) throws UpstreamException {
            return provider.readAnswer(Json.parse(client.writeAnswer(answer, 0)));
        }

        List<StreamEvent> through(List<StreamEvent> events) throws UpstreamException {
            JsonOut out = new JsonOut();
            StreamWriter writer = client.streamWriter(RandomChat.STREAMED, 0);
            for (StreamEvent event : events) {
                writer.write(event, out);
            }
            writer.end(out);
            List<StreamEvent> read = new ArrayList<>();
            StreamReader reader = provider.streamReader(RandomChat.STREAMED);
            boolean done = false;
            for (String line : new String(out.take(), StandardCharsets.UTF_8).split("\r?\n", -1)) {
                String data = line.startsWith("data: ") ? line.substring(6) : line.startsWith("{") ? line : "";
                if (!data.isEmpty() && !data.equals("[DONE]")) {
                    done |= reader.read(Json.parse(data.getBytes(StandardCharsets.UTF_8)), read::add);
                }
            }
            assertThat(done || reader.mayEnd()).isTrue();
            return read;
        }
    }

    static List<String> pairs() {
        List<String> pairs = new ArrayList<>();
        for (String own : DIALECTS) {
            DIALECTS.stream().filter(other -> !other.equals(own)).forEach(other -> pairs.add(own + " " + other));
        }
        return pairs;
    }

    private static SharedChat shared(String pair, int seed) {
        return new SharedChat(new Random(seed), Set.of(pair.split(" ", -1)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void ofRequests(String pair) {
        Both own = Both.of(pair.split(" ", -1)[0]);
        Both other = Both.of(pair.split(" ", -1)[1]);
        for (int seed = 0; seed < MANY; seed++) {
            ChatRequest first = own.through(shared(pair, seed).request());

            assertThat(own.through(other.through(first))).as("seed %d", seed).isEqualTo(first);
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void ofAnswers(String pair) throws UpstreamException {
        String[] names = pair.split(" ", -1);
        for (int seed = 0; seed < MANY; seed++) {
            ChatAnswer answer = shared(pair, seed).answer();

            assertThat(plain(Both.of(names[0]).through(Both.of(names[1]).through(answer))))
                    .as("seed %d", seed)
                    .isEqualTo(answer);
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void ofStreams(String pair) throws UpstreamException {
        String[] names = pair.split(" ", -1);
        for (int seed = 0; seed < MANY; seed++) {
            SharedChat random = shared(pair, seed);
            ChatAnswer answer = random.answer();
            List<StreamEvent> there = Both.of(names[1]).through(random.stream(answer));
            Collector collector = new Collector();
            Both.of(names[0]).through(there).forEach(collector::add);

            assertThat(plain(collector.answer())).as("seed %d", seed).isEqualTo(answer);
        }
    }

    /** Without the id, which not all answers have. */
    private static ChatAnswer plain(ChatAnswer answer) {
        return ChatAnswer.of("", answer.model(), answer.choices(), answer.usage());
    }
}
