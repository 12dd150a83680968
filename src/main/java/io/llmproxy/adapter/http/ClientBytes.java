package io.llmproxy.adapter.http;

import io.helidon.webserver.CloseConnectionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a connection as its parser gets them. Bounds a head in size, and ends the connection quietly where the client
 * leaves before a head is complete: there is nobody to answer.
 */
final class ClientBytes implements Supplier<byte @Nullable []> {
    private static final int MAX_HEAD = 64 * 1024;

    private final ClientWatch watch;
    private final RequestClock clock;
    private int head;

    ClientBytes(ClientWatch watch, RequestClock clock) {
        this.watch = watch;
        this.clock = clock;
    }

    /** A new head begins; {@code already}: bytes of it that the parser has. */
    void expectHead(int already) {
        head = already;
    }

    @Override
    public byte @Nullable [] get() {
        return clock.serving() ? watch.get() : ofHead();
    }

    private byte[] ofHead() {
        if (head > MAX_HEAD) {
            throw HeadReader.headTooLarge();
        }
        byte[] bytes = pulled();
        if (bytes == null) {
            throw new CloseConnectionException("The client has left.");
        }
        clock.received();
        head += bytes.length;
        return bytes;
    }

    private byte @Nullable [] pulled() {
        try {
            return watch.get();
        } catch (RuntimeException e) {
            throw new CloseConnectionException("The connection was lost.", e);
        }
    }
}
