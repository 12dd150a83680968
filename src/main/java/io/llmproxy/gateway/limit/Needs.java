package io.llmproxy.gateway.limit;

import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.gateway.estimate.RoughPrompt;
import io.llmproxy.gateway.scan.PlainChat;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Tells what a request may come to use: its input by a rough count, its output by the bound that it, its model or its tenant sets. */
public final class Needs {
    /** No model generates more at a time; whoever asks for more gets no more. */
    private static final long MAX_OUTPUT = 10_000_000;

    private Needs() {}

    /** The tokens that its context must hold: the input, roughly, and the output as far as the request itself bounds it. */
    public static long tokens(Exchange x) {
        return of(x, List.of()).inputTokens() + Math.max(0, Math.min(x.ask().maxTokens(), MAX_OUTPUT));
    }

    /**
     * What it uses at least, as far as its head tells: who asks a model has one token to say, and wants one to hear. With an Idempotency-Key
     * it may get the answer that is recorded, which costs none.
     */
    static Need least(Exchange x) {
        PromptShape shape = shape(x);
        boolean recorded = x.request().headers().first("idempotency-key").isPresent();
        return shape == PromptShape.NONE || recorded ? Need.NOTHING : new Need(1, shape.embeds() ? 0 : 1, 0);
    }

    private static PromptShape shape(Exchange x) {
        return x.request().method().equals("POST") ? PromptShape.of(x.path()) : PromptShape.NONE;
    }

    /** @param targets where it may go: the one that generates most is reserved for */
    static Need of(Exchange x, List<Target> targets) {
        PromptShape shape = shape(x);
        if (shape == PromptShape.NONE) {
            return Need.NOTHING;
        }
        return new Need(input(x, shape), shape.embeds() ? 0 : output(x, targets), 0);
    }

    private static long output(Exchange x, List<Target> targets) {
        Ask ask = x.ask();
        long one = targets.isEmpty() ? output(x, 0) : 0;
        for (Target target : targets) {
            one = Math.max(one, output(x, most(x, target)));
        }
        return one * ask.choices();
    }

    /**
     * Of one choice.
     *
     * @param model how much the model generates at most; 0: nobody knows
     */
    private static long output(Exchange x, long model) {
        long asked = x.ask().maxTokens();
        UsageLimits tenant = x.principal().tenant().settings().limits();
        long wanted;
        if (asked >= 0) {
            wanted = Math.min(asked, MAX_OUTPUT);
        } else if (model > 0 && tenant.maxOutputTokens() == null) {
            wanted = model;
        } else {
            wanted = tenant.outputTokens();
        }
        return model > 0 ? Math.min(wanted, model) : wanted;
    }

    private static long most(Exchange x, Target target) {
        Price price = x.price(target);
        return price == null ? 0 : most(price);
    }

    private static long most(Price price) {
        return Math.min(price.row().maxOutputTokens(), MAX_OUTPUT);
    }

    /** Of the output that is needed at the target that generates most, what the one with that price can generate. */
    static long output(Exchange x, Need need, Price price) {
        long model = most(price);
        long all = model * x.ask().choices();
        return model > 0 ? Math.min(need.outputTokens(), all) : need.outputTokens();
    }

    private static long input(Exchange x, PromptShape shape) {
        PlainChat plain = shape == PromptShape.CHAT ? x.ask().plainChat() : null;
        if (plain != null) {
            return RoughPrompt.tokens(plain);
        }
        try (InputStream in = x.body().open()) {
            return RoughPrompt.tokens(shape, in, x.tally().requestBytes());
        } catch (IOException e) {
            return x.tally().requestBytes() / RoughPrompt.BYTES_PER_TOKEN;
        }
    }
}
