package io.llmproxy.adapter.provider;

import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.CredentialState;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamConnections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A provider whose list of models is another one's to give. */
final class ModelsElsewhere implements Provider {
    private final Provider provider;
    private final Provider models;

    ModelsElsewhere(Provider provider, Provider models) {
        this.provider = provider;
        this.models = models;
    }

    @Override
    public ProviderAccount account() {
        return provider.account();
    }

    @Override
    public @Nullable String fault() {
        return provider.fault();
    }

    @Override
    public List<CredentialState> credentials() {
        return provider.credentials();
    }

    @Override
    public UpstreamConnections connections() {
        return provider.connections().plus(models.connections());
    }

    @Override
    public boolean outdated() {
        return provider.outdated();
    }

    @Override
    public ProviderCall call(UpstreamRequest request) {
        boolean lists = !request.passthrough()
                && request.method().equals("GET")
                && request.path().equals("/models");
        return (lists ? models : provider).call(request);
    }

    @Override
    public void retire() {
        provider.retire();
        models.retire();
    }
}
