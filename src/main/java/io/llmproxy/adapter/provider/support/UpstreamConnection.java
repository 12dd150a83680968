package io.llmproxy.adapter.provider.support;

import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Objects;
import java.util.UUID;
import javax.net.ssl.SSLSocket;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.ProtocolVersion;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.BasicHttpTransportMetrics;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.ContentLengthInputStream;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.IdentityInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.http.message.LazyLaxLineParser;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection to an upstream: its sockets, its buffers and the parser of its answers. */
final class UpstreamConnection {
    private static final Http1Config LIMITS = Http1Config.custom()
            .setBufferSize(UpstreamInput.BUFFER)
            .setMaxLineLength(UpstreamInput.MAX_LINE)
            .setMaxHeaderCount(256)
            .setMaxEmptyLineCount(2)
            .build();

    private final Socket raw;
    private final ReadSweeper reads;
    private final boolean tls;
    private final InputStream rawInput;
    private final UpstreamInput input;
    private final UpstreamOutput output;
    private final SessionInputBufferImpl buffer = new SessionInputBufferImpl(
            new BasicHttpTransportMetrics(), UpstreamInput.BUFFER, -1, LIMITS.getMaxLineLength(), null);
    private final DefaultHttpResponseParser parser =
            new DefaultHttpResponseParser(LIMITS, LazyLaxLineParser.INSTANCE, null);
    private final @Nullable UUID tenant;
    private long idleSinceNanos;

    /**
     * @param socket {@code raw} itself, or TLS over it
     * @param call the first one, whose tenant's connection it stays
     */
    UpstreamConnection(Socket raw, Socket socket, CallContext call, ReadSweeper reads) throws IOException {
        this.reads = reads;
        this.tenant = call.tenant();
        this.raw = raw;
        this.tls = socket instanceof SSLSocket;
        this.rawInput = raw.getInputStream();
        this.input = new UpstreamInput(socket, call);
        this.output = new UpstreamOutput(socket.getOutputStream());
    }

    /** Closes the connection where its read has taken too long; on any thread. */
    void endOverdueRead(long nowNanos) {
        if (input.overdue(nowNanos)) {
            abort();
        }
    }

    void begin(CallContext call) {
        input.begin(call);
    }

    UpstreamInput input() {
        return input;
    }

    UpstreamOutput output() {
        return output;
    }

    /** The head of the final answer; interim ones are passed over, but for 101, after which there is no HTTP. */
    ClassicHttpResponse readHead(CallContext call) throws UpstreamException {
        try {
            while (true) {
                ClassicHttpResponse head = parser.parse(buffer, input);
                if (head == null) {
                    throw call.failure(Kind.PROTOCOL, "sent empty lines where an answer should be", null);
                }
                ProtocolVersion version = head.getVersion();
                if (version != null && version.getMajor() != 1) {
                    throw call.failure(Kind.PROTOCOL, "answered in another version than HTTP/1", null);
                }
                if (head.getCode() == 101) {
                    throw call.failure(Kind.PROTOCOL, "switched to another protocol, unasked", null);
                }
                if (head.getCode() >= 200) {
                    return head;
                }
                input.awaitNextHead();
            }
        } catch (UpstreamException e) {
            throw e;
        } catch (HttpException | IOException | IllegalArgumentException e) {
            // the parser takes a status of 000 for a number, and what it makes of it does not
            throw call.failure(Kind.PROTOCOL, "sent an answer whose head is not HTTP", e);
        }
    }

    InputStream chunked() {
        input.beginBody(false);
        return new ChunkedInputStream(buffer, input, LIMITS);
    }

    InputStream ofLength(long length) {
        input.beginBody(false);
        return new ContentLengthInputStream(buffer, input, length);
    }

    InputStream untilClose() {
        input.beginBody(true);
        return new IdentityInputStream(buffer, input);
    }

    /** Whether bytes came that belong to no answer. After them nothing that comes can be trusted. */
    boolean surplus() throws IOException {
        return buffer.hasBufferedData() || tls && input.available() > 0;
    }

    /** Whether nothing came while the connection lay idle; does not see a close, which only a read would. */
    boolean quiet() {
        try {
            return rawInput.available() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether requests of that tenant may go over it; null: the installation's own. */
    boolean serves(@Nullable UUID other) {
        return Objects.equals(tenant, other);
    }

    void idleSince(long nanos) {
        idleSinceNanos = nanos;
    }

    long idleSince() {
        return idleSinceNanos;
    }

    /** At once, from any thread: the raw socket, because TLS would first say goodbye, which can block. */
    void abort() {
        reads.remove(this);
        Connector.closeQuietly(raw);
    }
}
