package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.TokenProbability;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The list {@code logprobs.content} of a choice, which Ollama's answers have too. */
public final class OpenAiProbabilities {
    private OpenAiProbabilities() {}

    /** What is no probability is left out. */
    public static List<TokenProbability> read(JsonNode tokens) {
        List<TokenProbability> out = new ArrayList<>(tokens.size());
        for (JsonNode token : tokens) {
            String text = Json.text(token, "token");
            double probability = Json.number(token.path("logprob"));
            if (text != null && !Double.isNaN(probability)) {
                out.add(new TokenProbability(text, probability, candidates(token.path("top_logprobs"))));
            }
        }
        return out;
    }

    private static List<TokenProbability.Candidate> candidates(JsonNode tokens) {
        List<TokenProbability.Candidate> out = new ArrayList<>(tokens.size());
        for (JsonNode token : tokens) {
            String text = Json.text(token, "token");
            double probability = Json.number(token.path("logprob"));
            if (text != null && !Double.isNaN(probability)) {
                out.add(new TokenProbability.Candidate(text, probability));
            }
        }
        return out;
    }

    /** The member {@code logprobs} of a choice; null where there are none. */
    static void choice(JsonOut out, List<TokenProbability> tokens) {
        out.name("logprobs");
        if (tokens.isEmpty()) {
            out.nothing();
            return;
        }
        write(out.open().name("content"), tokens);
        out.name("refusal").nothing().close();
    }

    /** As a value: a list. */
    public static void write(JsonOut out, List<TokenProbability> tokens) {
        out.openList();
        for (TokenProbability token : tokens) {
            one(out, token.token(), token.logarithm());
            out.name("top_logprobs").openList();
            for (TokenProbability.Candidate candidate : token.likeliest()) {
                one(out, candidate.token(), candidate.logarithm());
                out.close();
            }
            out.closeList().close();
        }
        out.closeList();
    }

    private static void one(JsonOut out, String token, double logarithm) {
        out.open().member("token", token).optional("logprob", logarithm);
        out.name("bytes").openList();
        for (byte b : token.getBytes(StandardCharsets.UTF_8)) {
            out.number(b & 255);
        }
        out.closeList();
    }
}
