package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections to one origin. Every address that the name stands for is judged by the address rule after the look-up,
 * on the very value that is connected to, so that a name cannot change its meaning between check and use; the permitted
 * ones are tried in turn, all within the connect timeout. Through a proxy it is the proxy that looks the name up; it is judged here
 * as far as it can be found here too. Where the proxy itself stands is the operator's choice.
 */
final class Connector {
    /** Behind a proxy many names are not known here, and some resolvers take long to say so. */
    private static final Duration SECOND_OPINION = Duration.ofSeconds(1);

    private final Origin origin;
    private final AddressRule rule;
    private final Supplier<SSLSocketFactory> tls;
    private final @Nullable UpstreamProxy proxy;
    private final HostLookup lookup;
    private final ReadSweeper reads;

    /** @param proxy null: straight to the origin */
    Connector(
            Origin origin,
            AddressRule rule,
            Supplier<SSLSocketFactory> tls,
            @Nullable UpstreamProxy proxy,
            HostLookup.Resolver resolver,
            ReadSweeper reads) {
        this.origin = origin;
        this.rule = rule;
        this.tls = tls;
        this.proxy = proxy;
        this.lookup = new HostLookup(resolver);
        this.reads = reads;
    }

    UpstreamConnection connect(CallContext call) throws UpstreamException {
        Deadline deadline = Deadline.in(call.timeouts().connect()).earlier(call.deadline());
        List<InetSocketAddress> addresses = addresses(call, deadline);
        for (int i = 0; ; i++) {
            try {
                return connect(addresses.get(i), share(deadline, addresses.size() - i), deadline, call);
            } catch (IOException e) {
                call.check();
                if (i == addresses.size() - 1 || deadline.passed()) {
                    throw call.failure(Kind.CONNECT, "cannot be reached: " + reason(e, call), e);
                }
            }
        }
    }

    /** What one of the remaining addresses may take of the time that is left. */
    private static int share(Deadline deadline, int remainingAddresses) {
        return Math.max(1, deadline.remainingMillis() / remainingAddresses);
    }

    private List<InetSocketAddress> addresses(CallContext call, Deadline deadline) throws UpstreamException {
        if (proxy == null) {
            InetAddress[] found = lookup.addresses(origin.host(), "the host name of its base URL", call, deadline);
            return at(permitted(found, call), origin.port());
        }
        judgeBehindProxy(call, deadline);
        InetAddress[] found = lookup.addresses(proxy.host(), "the host name of its proxy", call, deadline);
        return at(List.of(found), proxy.port());
    }

    private static List<InetSocketAddress> at(List<InetAddress> addresses, int port) {
        return addresses.stream().map(a -> new InetSocketAddress(a, port)).toList();
    }

    private void judgeBehindProxy(CallContext call, Deadline deadline) throws UpstreamException {
        InetAddress[] found;
        try {
            Deadline soon = Deadline.in(SECOND_OPINION).earlier(deadline);
            found = lookup.addresses(origin.host(), "the host name of its base URL", call, soon);
        } catch (UpstreamException e) {
            if (e.kind() != Kind.CONNECT) {
                throw e;
            }
            return; // not known here, which is why there is a proxy
        }
        permitted(found, call);
    }

    private List<InetAddress> permitted(InetAddress[] addresses, CallContext call) throws UpstreamException {
        List<InetAddress> permitted = new ArrayList<>();
        String refusal = "has no address";
        for (InetAddress address : addresses) {
            String why = rule.refusal(address, origin.port());
            if (why == null) {
                permitted.add(address);
            } else {
                refusal = "may not be called: its host is " + why;
            }
        }
        if (permitted.isEmpty()) {
            throw call.failure(Kind.FORBIDDEN_ADDRESS, refusal, null);
        }
        return permitted;
    }

    private UpstreamConnection connect(InetSocketAddress address, int millis, Deadline deadline, CallContext call)
            throws IOException {
        Socket raw = new Socket();
        boolean connected = false;
        call.cancellation().onCancel(() -> closeQuietly(raw));
        try {
            raw.setTcpNoDelay(true);
            raw.connect(address, millis);
            UpstreamConnection connection =
                    new UpstreamConnection(raw, origin.tls() ? secured(raw, deadline) : raw, call, reads);
            reads.add(connection);
            connected = true;
            return connection;
        } finally {
            if (!connected) {
                closeQuietly(raw);
            }
        }
    }

    /** What the tunnel and TLS take together is bounded by an alarm: a read alone could be drawn out byte by byte. */
    private Socket secured(Socket raw, Deadline deadline) throws IOException {
        try (Alarm alarm =
                Alarm.set(() -> 0, Math.max(1, deadline.remainingNanos()), deadline, () -> closeQuietly(raw))) {
            try {
                if (proxy != null) {
                    ProxyTunnel.open(raw, origin, proxy);
                }
                return handshaken(raw);
            } catch (IOException e) {
                if (alarm.rang()) {
                    throw new SocketTimeoutException("TLS handshake timed out");
                }
                throw e;
            }
        }
    }

    /** TLS with the host name verified (RFC 9110, section 4.3.4) and HTTP/1.1 as the one offered protocol. */
    private SSLSocket handshaken(Socket raw) throws IOException {
        SSLSocket socket = (SSLSocket) tls.get().createSocket(raw, origin.host(), origin.port(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private String reason(IOException e, CallContext call) {
        return switch (e) {
            case SocketTimeoutException _ ->
                "no connection within " + Durations.format(call.timeouts().connect());
            case ConnectException _ when proxy != null -> "its proxy " + proxy.url() + " refused the connection";
            case ConnectException _ -> "the connection was refused";
            case ProxyTunnel.RefusedException refused -> String.valueOf(refused.getMessage());
            case javax.net.ssl.SSLException failed -> "TLS failed: " + failed.getMessage();
            default -> e.getClass().getSimpleName();
        };
    }

    /** An answer to a request without TLS may be the proxy's own: one that asks for a login is no answer for a client. */
    void checkProxy(int status, CallContext call) throws UpstreamException {
        if (status == 407 && proxy != null && !origin.tls()) {
            throw call.failure(
                    Kind.CONNECT,
                    "cannot be reached: its proxy " + proxy.url() + " wants another user and password (407)",
                    null);
        }
    }

    static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is given up in any case
        }
    }
}
