package io.llmproxy.domain.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How tokens are chosen, and when to stop; null: as the provider does. */
public record Sampling(
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable Long seed,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        List<String> stop) {
    /** Everything as the provider does it. */
    public static final Sampling DEFAULT = new Sampling(null, null, null, null, null, null, List.of());

    public Sampling {
        stop = List.copyOf(stop);
    }
}
