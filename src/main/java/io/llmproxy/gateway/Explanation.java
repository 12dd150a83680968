package io.llmproxy.gateway;

import java.util.List;

/** What was decided of a request, or would be, step by step. */
public record Explanation(List<Step> steps) {
    public Explanation {
        steps = List.copyOf(steps);
    }

    /**
     * One thing that was decided.
     *
     * @param step {@code key}, {@code limit}, {@code route}, {@code candidate}, {@code attempt}, {@code price} or {@code answer}
     * @param subject what it is about: a key's name, a limit's id, {@code PROVIDER/MODEL}; may be empty
     * @param outcome in a word or two
     * @param detail why, for people; never a secret
     */
    public record Step(String step, String subject, String outcome, String detail) {}
}
