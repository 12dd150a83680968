package io.llmproxy.adapter.provider.simulated;

import io.llmproxy.domain.HeaderFields;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An answer before it is sent.
 *
 * @param streamed whether the pieces come one by one at the speed of the settings
 */
record SimulatedAnswer(int status, HeaderFields headers, List<byte[]> pieces, boolean streamed) {
    static SimulatedAnswer json(int status, String json) {
        HeaderFields headers = HeaderFields.of("Content-Type", "application/json");
        return new SimulatedAnswer(status, headers, List.of(json.getBytes(StandardCharsets.UTF_8)), false);
    }

    static SimulatedAnswer stream(List<byte[]> events) {
        HeaderFields headers = HeaderFields.of("Content-Type", "text/event-stream; charset=utf-8");
        return new SimulatedAnswer(200, headers, List.copyOf(events), true);
    }

    long length() {
        return pieces.stream().mapToLong(piece -> piece.length).sum();
    }
}
