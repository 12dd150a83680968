package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.AnswerFacts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerEndsTest {
    private static final String CONTENT = "x".repeat(20_000);

    private static AnswerFacts facts(String answer, int piece) {
        AnswerEnds ends = new AnswerEnds();
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i += piece) {
            ends.feed(bytes, i, Math.min(piece, bytes.length - i));
        }
        return ends.facts();
    }

    @Test
    void findsWhatAnAnswerSaysOfItselfHoweverItComes() {
        String answer = "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-4o-2024\",\"choices\":[{\"message\":{\"content\":\""
                + CONTENT + "\"},\"finish_reason\": \"stop\"}],\"usage\":{\"total_tokens\":3}}";
        for (int piece : List.of(1, 7, 1000, 1024, 4096, 5000, 100_000)) {
            assertThat(facts(answer, piece))
                    .as("in pieces of " + piece)
                    .isEqualTo(new AnswerFacts("chatcmpl-1", "gpt-4o-2024", List.of("stop")));
        }
    }

    @Test
    void findsWhatGoogleSaysAtTheEnd() {
        String answer = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" + CONTENT
                + "\"}]},\"finishReason\":\"MAX_TOKENS\"}],\"modelVersion\":\"gemini-2\",\"responseId\":\"r1\"}";
        assertThat(facts(answer, 3000)).isEqualTo(new AnswerFacts("r1", "gemini-2", List.of("MAX_TOKENS")));
    }

    @Test
    void takesNoContentForIt() {
        String answer = "{\"choices\":[{\"message\":{\"content\":"
                + "\"{\\\"id\\\":\\\"secret\\\",\\\"model\\\":\\\"secret\\\",\\\"finish_reason\\\":\\\"secret\\\"}\"}}]}";
        assertThat(facts(answer, 10)).isEqualTo(new AnswerFacts(null, null, List.of()));
    }

    @Test
    void findsNothingInWhatIsNoText() {
        assertThat(facts("\u001f\u008b\b".repeat(5000), 512)).isEqualTo(new AnswerFacts(null, null, List.of()));
        assertThat(new AnswerEnds().facts()).isEqualTo(new AnswerFacts(null, null, List.of()));
    }

    @Test
    void keepsNoMoreThanIsReasonable() {
        String many = "\"finish_reason\":\"stop\",".repeat(500);
        assertThat(facts(many, 4096).finishReasons()).hasSize(8);
        assertThat(facts("{\"id\":\"" + "x".repeat(500) + "\"}", 4096).id()).isNull();
    }
}
