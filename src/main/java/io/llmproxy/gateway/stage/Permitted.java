package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Glob;
import io.llmproxy.gateway.Exchange;
import java.util.List;

/** The models that a key may ask for: those that both its tenant and its own scope permit. */
record Permitted(List<Glob> tenant, List<Glob> key) {
    static Permitted of(Exchange x) {
        return new Permitted(
                x.principal().tenant().settings().allowedModels(),
                x.principal().key().scope().models());
    }

    boolean restricted() {
        return !tenant.isEmpty() || !key.isEmpty();
    }

    boolean permits(String model) {
        return permits(model, model);
    }

    /** A glob may be of the model as it is asked for, {@code provider/model}, or of the model alone. */
    boolean permits(String asked, String upstream) {
        return permits(tenant, asked, upstream) && permits(key, asked, upstream);
    }

    private static boolean permits(List<Glob> globs, String asked, String upstream) {
        return globs.isEmpty() || globs.stream().anyMatch(g -> g.matches(asked) || g.matches(upstream));
    }
}
