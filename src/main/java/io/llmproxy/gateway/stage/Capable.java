package io.llmproxy.gateway.stage;

import io.llmproxy.domain.model.Abilities.Ability;
import io.llmproxy.domain.model.KnownModels;
import io.llmproxy.domain.route.Requirement;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.RouteTrace;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.limit.Needs;
import io.llmproxy.gateway.stage.RoutePlanner.Weighted;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which targets can serve a request, where their route asks that: by what the one scan of it told, and what is known of models. */
final class Capable {
    private Capable() {}

    /** Those that can; may be none. */
    static List<Weighted> of(Exchange x, Set<Requirement> requires, List<Weighted> candidates) {
        List<Weighted> able = new ArrayList<>(candidates.size());
        for (Weighted candidate : candidates) {
            String lack = lack(x.ask(), requires, candidate.target());
            if (lack == null) {
                able.add(candidate);
            } else {
                leftOut(x, candidate.target(), lack);
            }
        }
        return requires.contains(Requirement.CONTEXT) && able.size() > 1 ? roomy(x, able) : able;
    }

    /** What the target cannot do that the request needs; null: nothing. */
    private static @Nullable String lack(Ask ask, Set<Requirement> requires, Target target) {
        boolean looks = ask.images() && requires.contains(Requirement.VISION);
        boolean calls = ask.tools() && requires.contains(Requirement.TOOLS);
        String model = target.model();
        if (!looks && !calls || model == null) {
            return null;
        }
        Set<Ability> can = KnownModels.of(target.provider().account().abilities(), model);
        if (looks && !can.contains(Ability.VISION)) {
            return "is not known to read images";
        }
        return calls && !can.contains(Ability.TOOLS) ? "is not known to call tools" : null;
    }

    /**
     * Those whose context window the request fits into. The estimate is a rough one, so nothing is refused by it: where none is large
     * enough those stay that are largest.
     */
    private static List<Weighted> roomy(Exchange x, List<Weighted> candidates) {
        long tokens = Needs.tokens(x);
        long largest = 0;
        for (Weighted candidate : candidates) {
            largest = Math.max(largest, window(x, candidate.target()));
        }
        long enough = Math.min(tokens, largest);
        List<Weighted> roomy = new ArrayList<>(candidates.size());
        for (Weighted candidate : candidates) {
            long window = window(x, candidate.target());
            if (window >= enough) {
                roomy.add(candidate);
            } else {
                leftOut(
                        x,
                        candidate.target(),
                        "has a context window of " + window + " tokens, and the request about " + tokens);
            }
        }
        return roomy;
    }

    /** How many tokens the target takes in all, by the price list; of what is not told there as many as anybody likes. */
    static long window(Exchange x, Target target) {
        Price price = x.price(target);
        long told = price == null ? 0 : price.row().contextTokens();
        return told == 0 ? Long.MAX_VALUE : told;
    }

    private static void leftOut(Exchange x, Target target, String why) {
        RouteTrace trace = x.trace();
        if (trace != null) {
            trace.leftOut(target.providerName(), target.model(), "it " + why);
        }
    }
}
