package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeadBytes;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamConnections;
import java.net.InetAddress;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/1.1 client of one provider account: blocking sockets, its own connections, which tenants do not share, no redirects, nothing decoded. HttpCore
 * parses and delimits; pool, timeouts and the one silent retry are {@link ConnectionPool}'s, {@link UpstreamInput}'s and
 * {@link HttpCall}'s. Thread-safe.
 */
public final class HttpUpstream {
    private final String name;
    private final Origin origin;
    private final ProviderTimeouts timeouts;
    private final ConnectionPool pool;
    private final Connector connector;
    private final @Nullable PlainProxy proxy;

    /** @param proxy where requests name their whole address; null: they go to the origin, if only through a tunnel */
    HttpUpstream(
            String name,
            Origin origin,
            ProviderTimeouts timeouts,
            ConnectionPool pool,
            Connector connector,
            @Nullable PlainProxy proxy) {
        this.name = name;
        this.origin = origin;
        this.timeouts = timeouts;
        this.pool = pool;
        this.connector = connector;
        this.proxy = proxy;
    }

    /** Prepares connections to the origin of the account's base URL; does no I/O. */
    public static HttpUpstream of(ProviderAccount account, AccountEgress egress, Network network) {
        return of(account, Origin.of(account.baseUrl()), egress, network);
    }

    /** The same to another origin on the account's behalf, as one that gives tokens for it. */
    public static HttpUpstream of(ProviderAccount account, Origin origin, AccountEgress egress, Network network) {
        AddressPolicy policy = network.addresses();
        Connector connector = new Connector(
                origin,
                (address, port) -> policy.refusal(address.getAddress(), port, account.privateAllowed()),
                egress.tls(),
                egress.proxy(),
                InetAddress::getAllByName,
                network.reads());
        ConnectionPool pool = new ConnectionPool(network.maxConnections(), network.keepIdle());
        return new HttpUpstream(
                account.name(), origin, account.timeouts(), pool, connector, PlainProxy.of(origin, egress.proxy()));
    }

    /**
     * Prepares a call; does no I/O.
     *
     * @param target the request target: path and query
     * @param headers all fields but Content-Length, and Host where the origin's own is meant
     */
    public ProviderCall call(String method, String target, HeaderFields headers, RequestBody body) {
        return call(null, method, target, headers, body);
    }

    /**
     * The same for a tenant.
     *
     * @param tenant whose request it is: it goes over no connection of another's; null: it is the installation's own
     */
    public ProviderCall call(
            @Nullable UUID tenant, String method, String target, HeaderFields headers, RequestBody body) {
        HeadBytes head = proxy == null
                ? RequestHead.bytes(method, target, origin, headers, body)
                : RequestHead.bytes(method, proxy.target(target), origin, proxy.fields(headers), body);
        return new HttpCall(pool, connector, CallContext.start(name, tenant, timeouts), method, head, body);
    }

    /** Closes idle connections now and those in use when they come back. */
    public void retire() {
        pool.retire();
    }

    /** Those in use, one for each call that runs, and those that lie idle. */
    UpstreamConnections connections() {
        return new UpstreamConnections(pool.busyCount(), pool.idleCount());
    }

    int idleConnections() {
        return pool.idleCount();
    }

    /**
     * What all accounts' connections have in common.
     *
     * @param maxConnections of one account
     * @param reads what ends reads that take too long
     * @param keepIdle how long an unused connection is kept; below the 60 s after which many servers close
     */
    public record Network(AddressPolicy addresses, int maxConnections, Duration keepIdle, ReadSweeper reads) {}
}
