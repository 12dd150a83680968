package io.llmproxy.domain.chat;

import java.util.List;

/**
 * How likely a token of an answer was.
 *
 * @param logarithm of the probability, to the base e
 * @param likeliest the tokens that might have stood there, as far as they were asked for
 */
public record TokenProbability(String token, double logarithm, List<Candidate> likeliest) {
    public TokenProbability {
        likeliest = List.copyOf(likeliest);
    }

    /** A token that might have stood there. */
    public record Candidate(String token, double logarithm) {}
}
