package io.llmproxy.adapter.provider.translation;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers every call with the same bytes, a few at a time, and keeps what it was asked. */
public final class CannedProvider implements Provider {
    private final ProviderAccount account;
    private final int status;
    private final HeaderFields headers;
    private final byte[] answer;
    private final int piece;
    private @Nullable UpstreamRequest asked;
    private byte[] body = {};

    CannedProvider(ProviderKind kind, int status, HeaderFields headers, byte[] answer) {
        this(kind, status, headers, answer, 7);
    }

    /** @param piece how many bytes of the answer come at a time */
    public CannedProvider(ProviderKind kind, int status, HeaderFields headers, byte[] answer, int piece) {
        this.piece = piece;
        this.account = Accounts.account(kind, "https://api.example.com/v1");
        this.status = status;
        this.headers = headers;
        this.answer = answer;
    }

    /** Path and query of what it was asked last; empty: it was not. */
    String path() {
        return asked == null ? "" : asked.query() == null ? asked.path() : asked.path() + "?" + asked.query();
    }

    String body() {
        return new String(body, StandardCharsets.UTF_8);
    }

    HeaderFields headers() {
        return asked == null ? HeaderFields.NONE : asked.headers();
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
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            request.body().writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        asked = request;
        body = bytes.toByteArray();
        return new Call();
    }

    private final class Call implements ProviderCall {
        @Override
        public Head execute() {
            return new Head(status, headers, -1);
        }

        @Override
        public InputStream body() {
            return new ByteArrayInputStream(answer) {
                @Override
                public synchronized int read(byte[] bytes, int offset, int length) {
                    return super.read(bytes, offset, Math.min(piece, length));
                }
            };
        }

        @Override
        public void cancel() {}

        @Override
        public void close() {}
    }
}
