package io.llmproxy.port;

import io.llmproxy.domain.usage.UsageRecord;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is told of a request when it has ended; immutable, and nothing of it is a copy. */
public final class EndedRequest {
    private final UUID requestId;
    private final Instant startedAt;
    private final String method;
    private final String path;
    private final int status;
    private final long durationMicros;
    private final byte[] address;
    private final @Nullable UsageRecord record;
    private final @Nullable String traceId;

    private EndedRequest(
            UUID requestId,
            Instant startedAt,
            String method,
            String path,
            int status,
            long durationMicros,
            byte[] address,
            @Nullable UsageRecord record,
            @Nullable String traceId) {
        this.requestId = requestId;
        this.startedAt = startedAt;
        this.method = method;
        this.path = path;
        this.status = status;
        this.durationMicros = durationMicros;
        this.address = address;
        this.record = record;
        this.traceId = traceId;
    }

    /**
     * @param address of the client, 4 or 16 bytes, which nobody changes
     * @param traceId of the trace that it belongs to, 32 hexadecimal digits; null: it belongs to none
     */
    public static EndedRequest of(UsageRecord record, byte[] address, @Nullable String traceId) {
        return new EndedRequest(
                record.requestId(),
                record.startedAt(),
                record.method(),
                record.endpoint(),
                record.status(),
                record.durationMicros(),
                address,
                record,
                traceId);
    }

    /** Of somebody whom no key is known of; the path is what was sent. */
    public static EndedRequest ofStranger(
            UUID requestId,
            Instant startedAt,
            String method,
            String path,
            int status,
            long durationMicros,
            byte[] address,
            @Nullable String traceId) {
        return new EndedRequest(requestId, startedAt, method, path, status, durationMicros, address, null, traceId);
    }

    public UUID requestId() {
        return requestId;
    }

    public Instant startedAt() {
        return startedAt;
    }

    public String method() {
        return method;
    }

    public String path() {
        return path;
    }

    public int status() {
        return status;
    }

    public long durationMicros() {
        return durationMicros;
    }

    /** Its account; null where it was a stranger's. */
    public @Nullable UsageRecord record() {
        return record;
    }

    /** Of the trace that it belongs to; null: it belongs to none. */
    public @Nullable String traceId() {
        return traceId;
    }

    /** The client's address as a text. */
    public String address() {
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            return "";
        }
    }
}
