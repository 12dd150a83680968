package io.llmproxy.domain.chat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts whose meaning a client wants as vectors.
 *
 * @param dimensions how long the vectors are to be; null: as the model makes them
 * @param base64 whether the client wants them as bytes in base64 and not as numbers
 * @param task what they are for, in Google's words; null: not said
 * @param user the client's own name for its user; null: not said
 */
public record EmbeddingRequest(
        String model,
        List<String> inputs,
        @Nullable Integer dimensions,
        boolean base64,
        @Nullable String task,
        @Nullable String user) {
    public EmbeddingRequest {
        inputs = List.copyOf(inputs);
    }

    /** The same in as many requests as it takes that none has more than {@code most} texts. */
    public List<EmbeddingRequest> parts(int most) {
        if (inputs.size() <= most) {
            return List.of(this);
        }
        List<EmbeddingRequest> out = new ArrayList<>();
        for (int from = 0; from < inputs.size(); from += most) {
            List<String> some = inputs.subList(from, Math.min(inputs.size(), from + most));
            out.add(new EmbeddingRequest(model, some, dimensions, base64, task, user));
        }
        return out;
    }
}
