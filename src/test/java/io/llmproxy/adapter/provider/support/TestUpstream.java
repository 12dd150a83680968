package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.ProviderCall.Head;
import io.llmproxy.port.RequestBody;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** An {@link HttpUpstream} as a test wants it. */
final class TestUpstream {
    static final ProviderTimeouts PATIENT =
            new ProviderTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5), null);

    private String host = "127.0.0.1";
    private int port;
    private boolean tls;
    private ProviderTimeouts timeouts = PATIENT;
    private @Nullable UpstreamProxy proxy;
    private int maxConnections = 100;
    private Duration keepIdle = Duration.ofSeconds(55);
    private HostLookup.Resolver resolver = InetAddress::getAllByName;
    private AddressRule rule = (address, port) -> null;
    private SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();

    static TestUpstream to(int port) {
        TestUpstream it = new TestUpstream();
        it.port = port;
        return it;
    }

    TestUpstream host(String name) {
        host = name;
        return this;
    }

    TestUpstream tls(SSLSocketFactory sockets) {
        tls = true;
        factory = sockets;
        return this;
    }

    TestUpstream timeouts(int connect, int firstByte, int idle, int total) {
        timeouts = new ProviderTimeouts(
                Duration.ofMillis(connect),
                Duration.ofMillis(firstByte),
                Duration.ofMillis(idle),
                total == 0 ? null : Duration.ofMillis(total));
        return this;
    }

    TestUpstream maxConnections(int max) {
        maxConnections = max;
        return this;
    }

    TestUpstream keepIdle(int millis) {
        keepIdle = Duration.ofMillis(millis);
        return this;
    }

    TestUpstream resolver(HostLookup.Resolver lookup) {
        resolver = lookup;
        return this;
    }

    TestUpstream rule(AddressRule judge) {
        rule = judge;
        return this;
    }

    TestUpstream proxy(UpstreamProxy through) {
        proxy = through;
        return this;
    }

    HttpUpstream build() {
        Origin origin = new Origin(tls, host, port);
        return new HttpUpstream(
                "up",
                origin,
                timeouts,
                new ConnectionPool(maxConnections, keepIdle),
                new Connector(origin, rule, () -> factory, proxy, resolver, new ReadSweeper()),
                PlainProxy.of(origin, proxy));
    }

    /** What came of one call. */
    record Answer(Head head, String body) {
        int status() {
            return head.status();
        }
    }

    static ProviderCall call(HttpUpstream upstream, String path) {
        return upstream.call("POST", path, new HeaderFields(), body("{}"));
    }

    static Answer post(HttpUpstream upstream, String path) throws IOException {
        return read(call(upstream, path));
    }

    static Answer send(HttpUpstream upstream, String method, String path) throws IOException {
        return read(upstream.call(method, path, new HeaderFields(), RequestBody.NONE));
    }

    static Answer read(ProviderCall call) throws IOException {
        try (call) {
            Head head = call.execute();
            return new Answer(head, new String(call.body().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    static RequestBody body(String text) {
        return RequestBody.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
