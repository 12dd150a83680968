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

    private EndedRequest(
            UUID requestId,
            Instant startedAt,
            String method,
            String path,
            int status,
            long durationMicros,
            byte[] address,
            @Nullable UsageRecord record) {
        this.requestId = requestId;
        this.startedAt = startedAt;
        this.method = method;
        this.path = path;
        this.status = status;
        this.durationMicros = durationMicros;
        this.address = address;
        this.record = record;
    }

    /** @param address of the client, 4 or 16 bytes, which nobody changes */
    public static EndedRequest of(UsageRecord record, byte[] address) {
        return new EndedRequest(
                record.requestId(),
                record.startedAt(),
                record.method(),
                record.endpoint(),
                record.status(),
                record.durationMicros(),
                address,
                record);
    }

    /** Of somebody whom no key is known of; the path is what was sent. */
    public static EndedRequest ofStranger(
            UUID requestId,
            Instant startedAt,
            String method,
            String path,
            int status,
            long durationMicros,
            byte[] address) {
        return new EndedRequest(requestId, startedAt, method, path, status, durationMicros, address, null);
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

    /** The client's address as a text. */
    public String address() {
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            return "";
        }
    }
}
