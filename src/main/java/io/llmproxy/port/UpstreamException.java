package io.llmproxy.port;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An upstream call that failed; the message names no credential and quotes no body. */
public final class UpstreamException extends IOException {
    /** How it failed, and so what may be done about it. */
    public enum Kind {
        /** No connection, no TLS, no such name: nothing was sent. */
        CONNECT,
        /** The address is one that this provider may not have: nothing was sent. */
        FORBIDDEN_ADDRESS,
        /** The connection pool of this provider is at its bound: nothing was sent. */
        POOL_EXHAUSTED,
        /** Sent, but closed or reset before the first byte of an answer. */
        NO_ANSWER,
        /** Sent, but no byte of an answer within the first-byte timeout. */
        FIRST_BYTE_TIMEOUT,
        /** The answer began and then stalled beyond the idle timeout. */
        IDLE_TIMEOUT,
        /** The whole call took longer than it may. */
        TOTAL_TIMEOUT,
        /** The answer began and then broke off. */
        TRUNCATED,
        /** What came is not HTTP. */
        PROTOCOL,
        /** {@link ProviderCall#cancel} was called. */
        CANCELLED
    }

    private final Kind kind;

    public UpstreamException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /** Whether the provider can not have seen the request. */
    public boolean nothingSent() {
        return kind == Kind.CONNECT || kind == Kind.FORBIDDEN_ADDRESS || kind == Kind.POOL_EXHAUSTED;
    }
}
