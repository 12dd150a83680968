package io.llmproxy.adapter.http;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.port.EndedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A started listener whose requests a test answers. */
final class ScriptedGateway implements AutoCloseable {
    /** The id of what the listener found to be refused, as the gateway would give one. */
    private static final String REFUSED = "01a1f995-bc0e-70b5-a936-4b1bdf13ae0b";

    private final GatewayServer server;
    private final List<EndedRequest> refused = new CopyOnWriteArrayList<>();
    private final AtomicInteger reached = new AtomicInteger();
    private volatile Script script = ScriptedGateway::echo;

    interface Script {
        void serve(ClientRequest request, ResponseSink sink) throws IOException, InterruptedException;
    }

    ScriptedGateway(String... trustedProxies) throws IOException {
        this(Duration.ofSeconds(10), ClientPatience.DEFAULT, trustedProxies);
    }

    ScriptedGateway(Duration grace, ClientPatience patience, String... trustedProxies) throws IOException {
        this(null, grace, patience, trustedProxies);
    }

    ScriptedGateway(
            @Nullable CertificateFiles certificate, Duration grace, ClientPatience patience, String... trustedProxies)
            throws IOException {
        this(certificate, grace, patience, false, trustedProxies);
    }

    ScriptedGateway(
            @Nullable CertificateFiles certificate,
            Duration grace,
            ClientPatience patience,
            boolean proxyProtocol,
            String... trustedProxies)
            throws IOException {
        List<Cidr> trusted = java.util.Arrays.stream(trustedProxies)
                .map(text -> Cidr.parse("trusted-proxies", text))
                .toList();
        server = new GatewayServer(
                new GatewayServer.Settings("127.0.0.1", 0, trusted, 64L << 20, grace, patience, proxyProtocol),
                certificate,
                InstantSource.system(),
                this::serve,
                refused::add);
        server.start();
    }

    ScriptedGateway serving(Script next) {
        script = next;
        return this;
    }

    GatewayServer server() {
        return server;
    }

    /** What the listener refused itself, as it told. */
    List<EndedRequest> refused() {
        return refused;
    }

    int reached() {
        return reached.get();
    }

    RawClient connect() throws IOException {
        return new RawClient(server.port());
    }

    @Override
    public void close() {
        server.close();
    }

    static void send(ResponseSink sink, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        sink.head(200, HeaderFields.of("Content-Type", type), bytes.length);
        sink.write(bytes, 0, bytes.length);
        sink.end();
    }

    static void write(ResponseSink sink, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        sink.write(bytes, 0, bytes.length);
    }

    /** Method, path, query and body of the request. */
    static void echo(ClientRequest request, ResponseSink sink) throws IOException {
        String body = new String(request.body().readAllBytes(), StandardCharsets.UTF_8);
        send(sink, "text/plain", request.method() + " " + request.path() + " " + request.query() + " " + body);
    }

    private void serve(ClientRequest request, ResponseSink sink) {
        ProxyError refusal = request.refusal();
        if (refusal != null) {
            sink.fail(refusal, HeaderFields.of("x-request-id", REFUSED));
            return;
        }
        reached.incrementAndGet();
        try {
            script.serve(request, sink);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
