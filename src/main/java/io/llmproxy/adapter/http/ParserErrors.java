package io.llmproxy.adapter.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.ProxyError;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Gives the errors that Helidon's parser raises, before there is a request to serve, the form of our own. */
final class ParserErrors implements DirectHandler {
    private final ErrorRenderer renderer;
    private final InstantSource clock;
    private final long maxPayload;

    ParserErrors(ErrorRenderer renderer, InstantSource clock, long maxPayload) {
        this.renderer = renderer;
        this.clock = clock;
        this.maxPayload = maxPayload;
    }

    @Override
    public TransportResponse handle(
            TransportRequest request,
            EventType type,
            Status status,
            ServerResponseHeaders headers,
            @Nullable String message) {
        String requestId = Ids.next(clock.instant()).toString();
        byte[] body = renderer.body(dialect(request), error(status), requestId);
        return TransportResponse.builder()
                .status(status)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .header(HeaderNames.create("x-request-id"), requestId)
                .keepAlive(false)
                .entity(body)
                .build();
    }

    /** Helidon's own messages quote what the client sent, so ours take their place. */
    private ProxyError error(Status status) {
        return switch (status.code()) {
            case 413 -> new ProxyError.TooLarge(maxPayload);
            case 431 -> invalid("The request's head is too large.");
            case 414 -> invalid("The request line is too long.");
            case 501 -> invalid("The request's only transfer coding may be `chunked`.");
            case 505 -> invalid("This gateway speaks HTTP/1.1; send the request in that version.");
            default ->
                status.code() < 500
                        ? invalid("The request is no well-formed HTTP/1.1 request.")
                        : new ProxyError.Internal("The gateway failed to read the request.");
        };
    }

    private static ProxyError invalid(String message) {
        return new ProxyError.InvalidRequest(message, null);
    }

    private static Dialect dialect(TransportRequest request) {
        String path = request.path();
        HeaderFields headers = new HeaderFields();
        request.headers().forEach(header -> headers.add(header.name(), header.get()));
        return Dialect.of(path, headers);
    }
}
