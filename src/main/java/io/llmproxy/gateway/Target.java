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
    public String providerName() {
        return provider.account().name();
    }
}
