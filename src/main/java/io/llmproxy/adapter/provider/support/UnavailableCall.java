package io.llmproxy.adapter.provider.support;

import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.InputStream;

/** The call of a provider with a fault: it fails with the fault's text. */
public final class UnavailableCall implements ProviderCall {
    private final String provider;
    private final String fault;

    public UnavailableCall(String provider, String fault) {
        this.provider = provider;
        this.fault = fault;
    }

    @Override
    public Head execute() throws UpstreamException {
        throw new UpstreamException(Kind.CONNECT, "provider `" + provider + "` cannot be called: " + fault, null);
    }

    @Override
    public InputStream body() {
        throw new IllegalStateException("no body before the head");
    }

    @Override
    public void cancel() {}

    @Override
    public void close() {}
}
