package io.llmproxy.adapter.http;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpSecurity;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import org.jspecify.annotations.Nullable;

/**
 * Takes every request of the listener: refuses what is malformed, hands the rest to the gateway, and decides whether the
 * connection lives on. It takes the place of Helidon's routing, which would match paths that it has decoded and turn the
 * exception that closes a connection into an answer.
 */
final class GatewayRouting implements HttpRouting {
    private final Serving serving;
    private final Drain drain;
    private final HttpSecurity security = HttpSecurity.create();

    GatewayRouting(Serving serving, Drain drain) {
        this.serving = serving;
        this.drain = drain;
    }

    @Override
    public HttpSecurity security() {
        return security;
    }

    @Override
    public void route(ConnectionContext context, RoutingRequest request, RoutingResponse response) {
        if (!(context instanceof WatchedContext connection)) {
            throw new IllegalStateException("The gateway's listener serves watched connections only.");
        }
        if (!connection.clock().serve()) {
            throw new CloseConnectionException("The connection is being closed.");
        }
        drain.arrived();
        HeaderFields headers = HelidonRequest.headers(request);
        String fault = HeadRules.refusal(headers, connection.reader().http10());
        if (fault != null) {
            refuseAndClose(connection, request, headers, fault);
        }
        HelidonRequest client = new HelidonRequest(
                request, headers, serving.clientAddress(connection.remotePeer(), headers), connection);
        client.refuse(refusal(client, request.prologue().fragment().hasValue()));
        serve(client, connection);
        connection.expectRequest();
    }

    /** What is wrong with the request line; null: nothing. An absolute target's authority has taken Host's place by now. */
    private static @Nullable ProxyError refusal(HelidonRequest client, boolean fragment) {
        ProxyError refusal = Serving.refusal(client.method(), client.rawPath(), client.query(), fragment);
        boolean hostFine = HeadRules.host(client.headers().first("Host").orElse("any"));
        return refusal != null || hostFine
                ? refusal
                : new ProxyError.InvalidRequest("The request target's authority is malformed.", null);
    }

    private void serve(HelidonRequest client, WatchedContext connection) {
        RequestBodyStream body = client.bodyStream();
        boolean http10 = connection.reader().http10();
        boolean asked = http10 || client.headers().containsToken("Connection", "close");
        Http1Sink sink = new Http1Sink(
                connection.writer(),
                serving.refuser().renderer(),
                Dialect.of(client.path(), client.headers()),
                client.method().equals("HEAD"),
                http10,
                () -> asked || drain.closing() || client.awaitsContinue() || !reusable(body));
        serving.serve(client, sink);
        finish(client, sink, connection);
    }

    /** Returns where the connection's next bytes are the next request; throws where it must be closed. */
    private static void finish(HelidonRequest client, Http1Sink sink, WatchedContext connection) {
        RequestBodyStream body = client.bodyStream();
        if (!sink.complete()) {
            throw new CloseConnectionException("The answer was cut off.");
        }
        if (client.awaitsContinue() && !body.ended()) {
            throw new CloseConnectionException("The body was not asked for, but may come.");
        }
        if (body.failed()) {
            connection.linger();
            throw new CloseConnectionException("The body's end is not known.");
        }
        if (!body.drainable() && !body.ended()) {
            connection.lingering().through(body);
            throw new CloseConnectionException("The body was not read.");
        }
        if (!body.drain() || sink.endsConnection()) {
            throw new CloseConnectionException("The connection ends with this answer.");
        }
    }

    private static boolean reusable(RequestBodyStream body) {
        return body.ended() || body.drainable();
    }

    private void refuseAndClose(WatchedContext connection, RoutingRequest request, HeaderFields headers, String fault) {
        Dialect dialect = Dialect.of(request.prologue().uriPath().rawPath(), headers);
        boolean head = request.prologue().method().text().equals("HEAD");
        serving.refuser().refuse(connection.writer(), dialect, head, new ProxyError.InvalidRequest(fault, null));
        if (headers.contains("Content-Length") || headers.contains("Transfer-Encoding")) {
            connection.linger();
        }
        throw new CloseConnectionException("The request's head is malformed.");
    }
}
