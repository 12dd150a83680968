package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientCertificate;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.idempotency.Run;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The request that leads a run: its client's leaving counts only when nobody follows any more. */
record LeadingRequest(ClientRequest client, Run run) implements ClientRequest {
    @Override
    public Watch watch(Runnable onGone) {
        return client.watch(() -> {
            if (run.clientGone(onGone)) {
                onGone.run();
            }
        });
    }

    @Override
    public boolean gone() {
        return client.gone() && !run.followed();
    }

    @Override
    public String method() {
        return client.method();
    }

    @Override
    public String path() {
        return client.path();
    }

    @Override
    public @Nullable ProxyError refusal() {
        return client.refusal();
    }

    @Override
    public @Nullable String query() {
        return client.query();
    }

    @Override
    public HeaderFields headers() {
        return client.headers();
    }

    @Override
    public byte[] clientAddress() {
        return client.clientAddress();
    }

    @Override
    public boolean forwarded() {
        return client.forwarded();
    }

    @Override
    public @Nullable ClientCertificate clientCertificate() {
        return client.clientCertificate();
    }

    @Override
    public long contentLength() {
        return client.contentLength();
    }

    @Override
    public InputStream body() {
        return client.body();
    }

    @Override
    public HeaderFields trailers() {
        return client.trailers();
    }
}
