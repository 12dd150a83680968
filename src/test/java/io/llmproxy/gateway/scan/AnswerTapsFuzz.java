package io.llmproxy.gateway.scan;

import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What looks at an answer on its way: the same first content, the same facts and the same links whatever the pieces, and never a failure. */
public final class AnswerTapsFuzz {
    private static final List<Integer> WAYS = List.of(0, 1);

    private AnswerTapsFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] body = Pieces.payload(input);
        String whole = heard(body, -1);
        Fuzz.same(heard(body, Pieces.seed(input) & 127), whole, "in pieces");
        for (int seed : WAYS) {
            Fuzz.same(heard(body, seed), whole, "by seed " + seed);
        }
        byte[] ours = ResultLinks.ours(body, "/v1/messages/batches");
        Fuzz.same(
                new String(ResultLinks.ours(ours, "/v1/messages/batches"), StandardCharsets.ISO_8859_1),
                new String(ours, StandardCharsets.ISO_8859_1),
                "links that are ours already");
    }

    private static String heard(byte[] body, int seed) {
        FirstContent events = new FirstContent();
        FirstContent lines = new FirstContent(FirstContent.Form.LINES, "");
        FirstContent document = new FirstContent(FirstContent.Form.DOCUMENT, "");
        AnswerEnds ends = new AnswerEnds();
        Pieces.Feed<RuntimeException> tap = (in, from, length) -> {
            events.feed(in, from, length);
            lines.feed(in, from, length);
            document.feed(in, from, length);
            ends.feed(in, from, length);
        };
        if (seed < 0) {
            tap.feed(body, 0, body.length);
        } else {
            Pieces.feed(body, seed, tap);
        }
        return events.end() + " " + lines.end() + " " + document.end() + " " + ends.facts();
    }
}
