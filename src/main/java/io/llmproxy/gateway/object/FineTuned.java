package io.llmproxy.gateway.object;

import io.llmproxy.port.Provider;

/** Models that a tenant had made of another one, whose names begin with {@code ft:}. */
public final class FineTuned {
    private static final String PREFIX = "ft:";

    private FineTuned() {}

    /** Whether the model is one tenant's: fine-tuned, at a shared provider, and not declared by the operator for all. */
    public static boolean concerns(Provider provider, String model) {
        return model.startsWith(PREFIX)
                && provider.account().shared()
                && provider.account().models().stream().noneMatch(glob -> glob.matches(model));
    }
}
