package io.llmproxy.adapter.http;

import io.llmproxy.adapter.http.h2.Http2Stream;
import io.llmproxy.adapter.http.h2.RequestHead;
import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientCertificate;
import io.llmproxy.gateway.ClientRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** A request that came as a stream of HTTP/2. */
final class Http2Request implements ClientRequest {
    private static final FieldNames OF_HTTP_1 =
            FieldNames.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private final Http2Stream stream;
    private final HeaderFields headers;
    private final byte[] clientAddress;
    private final boolean proxied;
    private final @Nullable ClientCertificate certificate;
    private final String rawPath;
    private final @Nullable String query;
    private final String path;
    private boolean asked;

    /** @param proxied whether a PROXY header named the connection's client */
    Http2Request(
            Http2Stream stream,
            HeaderFields headers,
            byte[] clientAddress,
            boolean proxied,
            @Nullable ClientCertificate certificate) {
        this.stream = stream;
        this.headers = headers;
        this.clientAddress = clientAddress;
        this.proxied = proxied;
        this.certificate = certificate;
        String target = stream.head().path();
        int question = target.indexOf('?');
        this.rawPath = question < 0 ? target : target.substring(0, question);
        this.query = question < 0 ? null : target.substring(question + 1);
        this.path = PathRules.normalized(rawPath);
    }

    /** With the authority as the Host field that it is in HTTP/1.1. */
    static HeaderFields headers(RequestHead head) {
        String authority = head.authority();
        if (authority == null || head.fields().contains("Host")) {
            return head.fields();
        }
        HeaderFields all = HeaderFields.of("Host", authority);
        head.fields().forEach(all::add);
        return all;
    }

    /** Why the head is refused; null: it is fine. */
    static @Nullable String headRefusal(RequestHead head, HeaderFields headers) {
        String authority = head.authority();
        if (authority != null && !headers.first("Host").orElse(authority).equalsIgnoreCase(authority)) {
            return "The Host field must not differ from `:authority`.";
        }
        String[] misplaced = new String[1];
        headers.forEach((name, value) -> {
            if (OF_HTTP_1.contains(name)) {
                misplaced[0] = "The header field `" + name + "` has no place in HTTP/2.";
            }
        });
        return misplaced[0] != null ? misplaced[0] : HeadRules.refusal(headers, false);
    }

    @Override
    public String method() {
        return stream.head().method();
    }

    @Override
    public @Nullable ProxyError refusal() {
        return Serving.refusal(method(), rawPath, query, stream.head().path().indexOf('#') >= 0);
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String query() {
        return query == null || query.isEmpty() ? null : query;
    }

    @Override
    public HeaderFields headers() {
        return headers;
    }

    @Override
    public byte[] clientAddress() {
        return clientAddress.clone();
    }

    @Override
    public boolean forwarded() {
        return proxied || ClientRequest.super.forwarded();
    }

    @Override
    public @Nullable ClientCertificate clientCertificate() {
        return certificate;
    }

    @Override
    public long contentLength() {
        return stream.contentLength();
    }

    @Override
    public InputStream body() {
        if (!asked && !stream.requestEnded() && headers.containsToken("Expect", "100-continue")) {
            asked = true;
            askForBody();
        }
        return stream.body();
    }

    private void askForBody() {
        try {
            stream.proceed();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public HeaderFields trailers() {
        return TrailerRules.allowed(stream.requestTrailers());
    }

    @Override
    public Watch watch(Runnable onGone) {
        stream.onGone(onGone);
        return () -> stream.onGone(null);
    }

    @Override
    public boolean gone() {
        return stream.gone();
    }
}
