package io.llmproxy.adapter.provider;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Lists the models of a type whose API does not: what is known of it here. */
final class KnownModels implements Provider {
    private final ProviderAccount account;

    KnownModels(ProviderAccount account) {
        this.account = account;
    }

    @Override
    public ProviderAccount account() {
        return account;
    }

    @Override
    public @Nullable String fault() {
        return null;
    }

    @Override
    public void retire() {}

    @Override
    public ProviderCall call(UpstreamRequest request) {
        JsonOut out = new JsonOut();
        out.open().member("object", "list").name("data").openList();
        for (String model : account.kind().knownModels()) {
            out.open().member("id", model).member("object", "model");
            out.member("owned_by", account.kind().word()).close();
        }
        return new Listed(out.closeList().close().take());
    }

    private static final class Listed implements ProviderCall {
        private final byte[] json;

        Listed(byte[] json) {
            this.json = json;
        }

        @Override
        public Head execute() {
            return new Head(200, HeaderFields.of("Content-Type", "application/json"), json.length);
        }

        @Override
        public InputStream body() {
            return new ByteArrayInputStream(json);
        }

        @Override
        public void cancel() {}

        @Override
        public void close() {}
    }
}
