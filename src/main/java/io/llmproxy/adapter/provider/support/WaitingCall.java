package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A call that is made when it is known how to log in: the first ones after a provider was opened. */
final class WaitingCall implements ProviderCall {
    private final Beginning beginning;
    private @Nullable ProviderCall call;
    private volatile boolean cancelled;

    /** Waits, and prepares the call. */
    interface Beginning {
        ProviderCall begin() throws UpstreamException;
    }

    WaitingCall(Beginning beginning) {
        this.beginning = beginning;
    }

    @Override
    public Head execute() throws UpstreamException {
        ProviderCall begun = beginning.begin();
        synchronized (this) {
            call = begun;
        }
        if (cancelled) {
            throw new UpstreamException(Kind.CANCELLED, "the call was cancelled while it waited for a token", null);
        }
        return begun.execute();
    }

    @Override
    public boolean sent() {
        ProviderCall begun = begun();
        return begun != null && begun.sent();
    }

    private synchronized @Nullable ProviderCall begun() {
        return call;
    }

    @Override
    public InputStream body() {
        ProviderCall begun = begun();
        if (begun == null) {
            throw new IllegalStateException("no body before the head");
        }
        return begun.body();
    }

    @Override
    public HeaderFields trailers() {
        ProviderCall begun = begun();
        return begun == null ? HeaderFields.NONE : begun.trailers();
    }

    @Override
    public void cancel() {
        cancelled = true;
        ProviderCall begun = begun();
        if (begun != null) {
            begun.cancel();
        }
    }

    @Override
    public void close() {
        ProviderCall begun = begun();
        if (begun != null) {
            begun.close();
        }
    }
}
