package io.llmproxy.gateway.limit;

import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.gateway.estimate.RoughPrompt;
import java.io.IOException;
import java.io.InputStream;

/** Tells what a request may come to use: its input by a rough count, its output by the bound that it or its tenant sets. */
final class Needs {
    /** No model generates more at a time; whoever asks for more gets no more. */
    private static final long MAX_OUTPUT = 10_000_000;

    private static final long MAX_CHOICES = 1000;

    private Needs() {}

    static Need of(Exchange x) {
        PromptShape shape = PromptShape.of(x.path());
        if (shape == PromptShape.NONE || !x.request().method().equals("POST")) {
            return Need.NOTHING;
        }
        return new Need(input(x, shape), shape.embeds() ? 0 : output(x), 0);
    }

    private static long output(Exchange x) {
        Ask ask = x.ask();
        long one = ask.maxTokens() >= 0
                ? Math.min(ask.maxTokens(), MAX_OUTPUT)
                : x.principal().tenant().settings().limits().outputTokens();
        return one * Math.clamp(ask.choices(), 1, MAX_CHOICES);
    }

    private static long input(Exchange x, PromptShape shape) {
        try (InputStream in = x.body().open()) {
            return RoughPrompt.tokens(shape, in);
        } catch (IOException e) {
            return x.tally().requestBytes() / RoughPrompt.BYTES_PER_TOKEN;
        }
    }
}
