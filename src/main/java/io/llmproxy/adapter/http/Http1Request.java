package io.llmproxy.adapter.http;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientCertificate;
import io.llmproxy.gateway.ClientRequest;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A request in HTTP/1.1 or 1.0, on a connection that is watched. */
final class Http1Request implements ClientRequest {
    private final Http1Head head;
    private final String rawPath;
    private final @Nullable String query;
    private final String path;
    private final byte[] clientAddress;
    private final boolean proxied;
    private final @Nullable ClientCertificate certificate;
    private final ClientWatch watch;
    private final long contentLength;
    private final RequestBodyStream body;
    private final @Nullable ProxyError refusal;

    /**
     * @param head whose fields {@link HeadRules} have let pass
     * @param proxied whether a PROXY header named the connection's client
     */
    Http1Request(
            Http1Head head,
            byte[] clientAddress,
            boolean proxied,
            @Nullable ClientCertificate certificate,
            ClientWatch watch,
            BodySource source) {
        this.head = head;
        String target = head.target();
        int fragment = target.indexOf('#');
        String plain = fragment < 0 ? target : target.substring(0, fragment);
        int question = plain.indexOf('?');
        this.query = question < 0 || question == plain.length() - 1 ? null : plain.substring(question + 1);
        String beforeQuery = question < 0 ? plain : plain.substring(0, question);
        AbsoluteForm absolute = AbsoluteForm.of(beforeQuery);
        this.rawPath = absolute == null ? beforeQuery : absolute.path();
        this.path = PathRules.normalized(rawPath);
        if (absolute != null) {
            head.fields().set("Host", absolute.authority());
        }
        this.clientAddress = clientAddress;
        this.proxied = proxied;
        this.certificate = certificate;
        this.watch = watch;
        this.contentLength = head.fields().contains("Transfer-Encoding")
                ? -1
                : Long.parseLong(head.fields().first("Content-Length").orElse("0"));
        this.body = source.open(contentLength, awaitsContinue(head));
        this.refusal = refusal(fragment >= 0, absolute);
    }

    /** Where the bytes of a body come from. */
    @FunctionalInterface
    interface BodySource {
        /**
         * The body, of which nothing is read yet.
         *
         * @param length in bytes; -1: chunked
         * @param asked whether the client sends it only when it is told to
         */
        RequestBodyStream open(long length, boolean asked);
    }

    private @Nullable ProxyError refusal(boolean fragment, @Nullable AbsoluteForm absolute) {
        ProxyError error = Serving.refusal(head.method(), rawPath, query, fragment);
        return error != null || absolute == null || HeadRules.host(absolute.authority())
                ? error
                : new ProxyError.InvalidRequest("The request target's authority is malformed.", null);
    }

    private static boolean awaitsContinue(Http1Head head) {
        return !head.http10() && head.fields().containsToken("Expect", "100-continue");
    }

    @Override
    public String method() {
        return head.method();
    }

    @Override
    public @Nullable ProxyError refusal() {
        return refusal;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String query() {
        return query;
    }

    @Override
    public HeaderFields headers() {
        return head.fields();
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
        return contentLength;
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public HeaderFields trailers() {
        return TrailerRules.allowed(body.trailers());
    }

    @Override
    public Watch watch(Runnable onGone) {
        return watch.watch(onGone);
    }

    @Override
    public boolean gone() {
        return watch.gone();
    }

    /** Whether the client knows neither chunks nor connections that are used again. */
    boolean http10() {
        return head.http10();
    }

    /** Whether the client waits for our word before it sends the body, and has not had it. */
    boolean awaitsContinue() {
        return !body.begun() && awaitsContinue(head);
    }

    RequestBodyStream bodyStream() {
        return body;
    }
}
