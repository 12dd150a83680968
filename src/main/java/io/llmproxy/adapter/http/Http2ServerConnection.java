package io.llmproxy.adapter.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.spi.ServerConnection;
import io.llmproxy.adapter.http.h2.BodyPatience;
import io.llmproxy.adapter.http.h2.Http2Connection;
import io.llmproxy.adapter.http.h2.Http2Stream;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.time.Duration;

/** A connection of HTTP/2 as the server sees one, and its streams as the gateway sees requests. */
final class Http2ServerConnection implements ServerConnection, InterruptableTask<Void> {
    private final SecureContext context;
    private final Serving serving;
    private final ClientPatience patience;
    private final TimedWriter writer;
    private final Http2Connection streams;

    Http2ServerConnection(SecureContext context, Serving serving, ClientPatience patience) {
        this.context = context;
        this.serving = serving;
        this.patience = patience;
        this.writer = new TimedWriter(context.dataWriter());
        this.streams = new Http2Connection(
                context.dataReader(),
                writer,
                new BodyPatience(patience.idle(), patience.perWindow(), patience.window()),
                this::serve);
    }

    @Override
    public void handle(Limit limit) {
        streams.run();
    }

    /** Does what time asks for; whether the connection is to be closed now. */
    boolean over(long now, boolean stopping) {
        if (stopping) {
            streams.stop();
        }
        streams.sweep(now);
        return writer.stalled(patience.idle(), now) || streams.finished(now);
    }

    @Override
    public Duration idleTime() {
        return streams.idleTime();
    }

    /** Running requests finish in either case: what is to be cut, the gateway cuts. */
    @Override
    public void close(boolean interrupt) {
        streams.stop();
    }

    /** An interrupt would close the socket under the answers that are just ending; a stopping connection ends by itself. */
    @Override
    public boolean canInterrupt() {
        return false;
    }

    private void serve(Http2Stream stream) {
        HeaderFields headers = Http2Request.headers(stream.head());
        PeerInfo peer = context.remotePeer();
        Http2Request client = new Http2Request(
                stream, headers, serving.clientAddress(peer, headers), ClientAddress.forwarded(peer), context.client());
        Http2Sink sink = new Http2Sink(
                stream,
                serving.refuser().renderer(),
                Dialect.of(client.path(), headers),
                client.method().equals("HEAD"));
        String fault = Http2Request.headRefusal(stream.head(), headers);
        if (fault != null) {
            refuse(client, sink, fault);
        } else {
            serving.serve(client, sink);
        }
    }

    /** As in HTTP/1.1, not accounted for: there is no telling what it asked. */
    private void refuse(Http2Request client, Http2Sink sink, String fault) {
        ProxyError error = new ProxyError.InvalidRequest(fault, null);
        Refuser.Refused refused = new Refuser.Refused(client.method(), client.path(), client.clientAddress());
        sink.fail(error, serving.refuser().headersOfTold(refused, error));
    }
}
