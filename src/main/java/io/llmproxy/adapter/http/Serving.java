package io.llmproxy.adapter.http;

import io.helidon.common.socket.PeerInfo;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.ResponseSink;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What serving a request takes whichever protocol it came by: the rules for its head, the gateway, and an answer in any case. */
record Serving(BiConsumer<ClientRequest, ResponseSink> gateway, ClientAddress addresses, Refuser refuser) {
    private static final System.Logger LOG = System.getLogger(Serving.class.getName());
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final String ALLOW = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    void serve(ClientRequest client, ClientSink sink) {
        try {
            gateway.accept(client, sink);
        } catch (RuntimeException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "event 6203: Serving a request failed by a fault of the gateway itself.",
                    e);
        }
        // a client that has gone, or sends no more, is answered nothing: that is no fault
        if (!sink.complete() && !client.gone()) {
            ProxyError error = new ProxyError.Internal("The gateway failed to answer; its log says why.");
            sink.fail(error, refuser.ownHeaders());
        }
    }

    /** What is wrong with the request line; null: nothing. */
    static @Nullable ProxyError refusal(String method, String rawPath, @Nullable String query, boolean fragment) {
        String fault = fragment ? "The request target must not have a fragment." : PathRules.refusal(rawPath);
        if (fault == null) {
            fault = PathRules.queryRefusal(query);
        }
        if (fault != null) {
            return new ProxyError.InvalidRequest(fault, null);
        }
        return METHODS.contains(method) ? null : new ProxyError.MethodNotAllowed(ALLOW);
    }

    /** Who a request comes from: the peer, or whom the peer forwards for. */
    byte[] clientAddress(PeerInfo peer, HeaderFields headers) {
        return addresses.of(ClientAddress.bytes(peer), headers);
    }
}
