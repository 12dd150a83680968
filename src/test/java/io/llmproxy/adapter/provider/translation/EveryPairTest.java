package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.UpstreamException;
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
        BothWays own = BothWays.of(pair.split(" ", -1)[0]);
        BothWays other = BothWays.of(pair.split(" ", -1)[1]);
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

            assertThat(plain(BothWays.of(names[0]).through(BothWays.of(names[1]).through(answer))))
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
            List<StreamEvent> there = BothWays.of(names[1]).through(random.stream(answer));
            Collector collector = new Collector();
            BothWays.of(names[0]).through(there).forEach(collector::add);

            assertThat(plain(collector.answer())).as("seed %d", seed).isEqualTo(answer);
        }
    }

    /** Without the id, which not all answers have. */
    private static ChatAnswer plain(ChatAnswer answer) {
        return ChatAnswer.of("", answer.model(), answer.choices(), answer.usage());
    }
}
