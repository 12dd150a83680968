package io.llmproxy.sdk;

import com.openai.client.OpenAIClient;
import com.openai.core.RequestOptions;
import com.openai.models.embeddings.EmbeddingCreateParams;
import java.time.Duration;
import java.util.List;

/** Every way in which a provider says no or breaks, that the gateway hands on as it is. */
@SuppressWarnings("MustBeClosedChecker") // the transcript closes what it is given
record FailuresProgramme(OpenAIClient client, Transcript seen) {
    private static final List<String> ANSWERS =
            List.of("400", "401", "403", "404", "409", "422", "429", "500", "503", "final", "html", "bare");

    /** With a client that does not retry. */
    void run() {
        for (String what : ANSWERS) {
            seen.call("chat answered " + what, () -> chat(what));
            seen.stream(
                    "chat stream answered " + what,
                    () -> client.chat()
                            .completions()
                            .createStreaming(ChatProgramme.chat("fail-" + what).build()));
            seen.call(
                    "embedding answered " + what,
                    () -> client.embeddings()
                            .create(EmbeddingCreateParams.builder()
                                    .model("fail-" + what)
                                    .input("x")
                                    .build()));
        }
        for (String what : List.of("event", "slow")) {
            seen.stream(
                    "chat stream: " + what,
                    () -> client.chat()
                            .completions()
                            .createStreaming(ChatProgramme.chat("fail-" + what).build()));
        }
        RequestOptions patience =
                RequestOptions.builder().timeout(Duration.ofMillis(400)).build();
        seen.call(
                "no answer in time",
                () -> client.chat()
                        .completions()
                        .create(ChatProgramme.chat("fail-silent").build(), patience));
    }

    /** With a client that retries. */
    void retries() {
        for (String what : List.of("once-429", "once-503", "429", "503", "final", "400")) {
            seen.call("with retries, chat answered " + what, () -> chat(what));
        }
    }

    private Object chat(String what) {
        return client.chat()
                .completions()
                .create(ChatProgramme.chat("fail-" + what).build());
    }
}
