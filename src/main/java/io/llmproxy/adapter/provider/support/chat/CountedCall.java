package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.gateway.scan.DeliveredText;
import io.llmproxy.port.ProviderCall;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Counts a conversation's tokens here, where the provider's API has no way to ask: an estimate, as good as the tokenizer. */
final class CountedCall implements ProviderCall {
    private final ClientDialect client;
    private final UsageEstimator estimator;
    private final String model;
    private final byte[] request;
    private InputStream body = InputStream.nullInputStream();

    /** @param request as the client sent it */
    CountedCall(ClientDialect client, UsageEstimator estimator, String model, byte[] request) {
        this.client = client;
        this.estimator = estimator;
        this.model = model;
        this.request = request;
    }

    @Override
    public Head execute() {
        UsageEstimator.Sent sent = new UsageEstimator.Sent() {
            @Override
            public InputStream open() {
                return new ByteArrayInputStream(request);
            }

            @Override
            public long length() {
                return request.length;
            }
        };
        long tokens = estimator
                .estimate(client.shape(), model, sent, new DeliveredText())
                .input();
        byte[] json = client.writeCount(tokens);
        body = new ByteArrayInputStream(json);
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
