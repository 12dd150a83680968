package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** What is known without the provider, as a call that was answered. */
final class LocalAnswer implements ProviderCall {
    private final byte[] json;
    private final InputStream body;

    LocalAnswer(byte[] json) {
        this.json = json;
        this.body = new ByteArrayInputStream(json);
    }

    @Override
    public Head execute() {
        return new Head(200, HeaderFields.of("Content-Type", "application/json"), json.length);
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public void cancel() {}

    @Override
    public void close() {}
}
