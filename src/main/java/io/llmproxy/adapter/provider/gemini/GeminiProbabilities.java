package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.TokenProbability;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code logprobsResult} of a candidate: the tokens that were chosen, and for each place those that might have been. */
final class GeminiProbabilities {
    private GeminiProbabilities() {}

    /** Of a candidate; none where it has none. */
    static List<TokenProbability> read(JsonNode candidate) {
        JsonNode result = candidate.path("logprobsResult");
        JsonNode likeliest = result.path("topCandidates");
        List<TokenProbability> out = new ArrayList<>();
        int place = 0;
        for (JsonNode chosen : result.path("chosenCandidates")) {
            List<TokenProbability.Candidate> top = new ArrayList<>();
            for (JsonNode other : likeliest.path(place++).path("candidates")) {
                top.add(new TokenProbability.Candidate(Json.text(other, "token", ""), probability(other)));
            }
            out.add(new TokenProbability(Json.text(chosen, "token", ""), probability(chosen), top));
        }
        return out;
    }

    /** One that is certain is left out, as every number that is zero. */
    private static double probability(JsonNode candidate) {
        double value = Json.number(candidate.path("logProbability"));
        return Double.isNaN(value) ? 0 : value;
    }

    /** The members of a candidate; nothing where there are none. */
    static void write(JsonOut out, List<TokenProbability> tokens) {
        if (tokens.isEmpty()) {
            return;
        }
        double sum = 0;
        for (TokenProbability token : tokens) {
            sum += token.logarithm();
        }
        out.optional("avgLogprobs", sum / tokens.size());
        out.name("logprobsResult").open().name("topCandidates").openList();
        for (TokenProbability token : tokens) {
            out.open().name("candidates").openList();
            token.likeliest().forEach(c -> one(out, c.token(), c.logarithm()));
            out.closeList().close();
        }
        out.closeList().name("chosenCandidates").openList();
        tokens.forEach(t -> one(out, t.token(), t.logarithm()));
        out.closeList().close();
    }

    private static void one(JsonOut out, String token, double logarithm) {
        out.open().member("token", token).optional("logProbability", logarithm).close();
    }
}
