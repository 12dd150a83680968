package io.llmproxy.adapter.http;

import io.helidon.http.Header;
import io.helidon.webserver.http.ServerRequest;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientRequest;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A request as Helidon parsed it, on a connection that is watched. */
final class HelidonRequest implements ClientRequest {
    private final ServerRequest request;
    private final String rawPath;
    private final String path;
    private final HeaderFields headers;
    private final byte[] clientAddress;
    private final ClientWatch watch;
    private final long contentLength;
    private final RequestBodyStream body;
    private @Nullable ProxyError refusal;

    HelidonRequest(ServerRequest request, HeaderFields headers, byte[] clientAddress, WatchedContext connection) {
        this.request = request;
        AbsoluteForm absolute = AbsoluteForm.of(rawPath(request));
        this.rawPath = absolute == null ? rawPath(request) : absolute.path();
        this.path = PathRules.normalized(rawPath);
        this.headers = headers;
        if (absolute != null) {
            headers.set("Host", absolute.authority());
        }
        this.clientAddress = clientAddress;
        this.watch = connection.watch();
        this.contentLength = headers.contains("Transfer-Encoding")
                ? -1
                : Long.parseLong(headers.first("Content-Length").orElse("0"));
        this.body = new RequestBodyStream(contentLength, () -> request.content().inputStream(), connection.bodyPace());
    }

    /** Helidon keeps the values in their order per name, not the order of different names; nothing may depend on that. */
    static HeaderFields headers(ServerRequest request) {
        HeaderFields fields = new HeaderFields();
        for (Header header : request.headers()) {
            if (header.valueCount() == 1) {
                fields.add(header.name(), header.get());
            } else {
                header.allValues().forEach(value -> fields.add(header.name(), value));
            }
        }
        return fields;
    }

    @Override
    public String method() {
        return request.prologue().method().text();
    }

    /** Before it is served: what is wrong with the request line; null: nothing. */
    void refuse(@Nullable ProxyError error) {
        refusal = error;
    }

    @Override
    public @Nullable ProxyError refusal() {
        return refusal;
    }

    @Override
    public String path() {
        return path;
    }

    /** As it stood on the request line, without scheme and authority. */
    String rawPath() {
        return rawPath;
    }

    private static String rawPath(ServerRequest request) {
        return request.prologue().uriPath().rawPath();
    }

    @Override
    public @Nullable String query() {
        return request.prologue().query().isEmpty()
                ? null
                : request.prologue().query().rawValue();
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
    public long contentLength() {
        return contentLength;
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public Watch watch(Runnable onGone) {
        return watch.watch(onGone);
    }

    @Override
    public boolean gone() {
        return watch.gone();
    }

    /** Whether the client waits for our word before it sends the body, and has not had it. */
    boolean awaitsContinue() {
        return headers.containsToken("Expect", "100-continue") && !body.begun();
    }

    RequestBodyStream bodyStream() {
        return body;
    }
}
