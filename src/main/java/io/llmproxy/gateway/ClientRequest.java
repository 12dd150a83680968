package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A client's request as the listener received it; one thread, but for the callback of {@link #watch}. */
public interface ClientRequest {
    String method();

    /** The path, encoded where it must be and nowhere else, already free of what the path rules refuse. */
    String path();

    /**
     * What the listener found wrong with the request line, which the gateway is to answer and to account for: then the path is
     * not to be relied on, and nothing may be forwarded. Null: nothing.
     */
    default @Nullable ProxyError refusal() {
        return null;
    }

    /** Without the question mark; null where there is none. */
    @Nullable
    String query();

    HeaderFields headers();

    /** The client's address, 4 or 16 bytes: of the connection, or as a trusted proxy forwarded it. */
    byte[] clientAddress();

    /**
     * Whether somebody says to speak for the client, by forwarding fields or by a PROXY header, believed or not: then {@link #clientAddress}
     * is nobody's own, even where it is this machine's.
     */
    default boolean forwarded() {
        return headers().contains("x-forwarded-for") || headers().contains("forwarded");
    }

    /** What the client showed of itself in TLS; the same for all requests of a connection. Null: nothing, or there is no TLS. */
    default @Nullable ClientCertificate clientCertificate() {
        return null;
    }

    /** Declared length of the body; 0: there is none; -1: chunked. */
    long contentLength();

    /**
     * The body, transfer coding removed; its reads fail where the client sends a malformed body or goes away, and with an
     * {@link java.io.InterruptedIOException} where it was given up because it came too slowly.
     */
    InputStream body();

    /** What came after the body, as far as it may stand there (RFC 9110, section 6.5.1); known when the body has been read to its end. */
    default HeaderFields trailers() {
        return HeaderFields.NONE;
    }

    /** Calls {@code onGone} once, on another thread, when the client has gone; the body must have been read. */
    Watch watch(Runnable onGone);

    /** Whether the client is known to have gone. */
    boolean gone();

    /** Ends the watch. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
