package io.llmproxy.gateway;

import io.llmproxy.port.Provider;
import org.jspecify.annotations.Nullable;

/**
 * Where a request may be sent.
 *
 * @param model what the provider is asked for; null where the request names none
 * @param path what the provider is asked for, as {@link Provider.UpstreamRequest} takes it
 */
public record Target(Provider provider, @Nullable String model, String path, boolean passthrough) {
    /** Whether it is this very object: cheaper than to look whether it is the same in all. */
    @SuppressWarnings("ReferenceEquality") // that is what it asks
    boolean same(@Nullable Target other) {
        return this == other;
    }

    public String providerName() {
        return provider.account().name();
    }
}
