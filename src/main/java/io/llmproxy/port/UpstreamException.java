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
        /** What came is HTTP, but no answer of the provider's API. */
        UNREADABLE,
        /** The answer began, and then the provider said that it gives up: see {@link UpstreamException#reported()}. */
        REPORTED,
        /** {@link ProviderCall#cancel} was called. */
        CANCELLED
    }

    private static final int LONGEST_WORD = 64;

    private final Kind kind;
    private final @Nullable String reported;

    public UpstreamException(Kind kind, String message, @Nullable Throwable cause) {
        this(kind, message, cause, null);
    }

    private UpstreamException(Kind kind, String message, @Nullable Throwable cause, @Nullable String reported) {
        super(message, cause);
        this.kind = kind;
        this.reported = reported;
    }

    /**
     * The provider reported an error within its answer.
     *
     * @param type its word for the error; one that is no word is not kept
     */
    public static UpstreamException reported(@Nullable String type) {
        boolean word = type != null
                && !type.isEmpty()
                && type.length() <= LONGEST_WORD
                && type.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_');
        String known = word ? type : null;
        return new UpstreamException(Kind.REPORTED, "the provider reported an error in its answer", null, known);
    }

    /** By which word the provider reported an error within its answer; null: it did not, or by none. */
    public @Nullable String reported() {
        return reported;
    }

    public Kind kind() {
        return kind;
    }

    /** Whether the provider can not have seen the request. */
    public boolean nothingSent() {
        return kind == Kind.CONNECT || kind == Kind.FORBIDDEN_ADDRESS || kind == Kind.POOL_EXHAUSTED;
    }
}
