package io.llmproxy.adapter.http;

import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection that begins with something of its own, a handshake or a header, and is then what comes above that. */
abstract class LayeredConnection implements ServerConnection, InterruptableTask<Void> {
    private final ConnectionContext context;
    /** Of what this layer itself waits for. */
    private final Stall stall = new Stall();

    private volatile @Nullable ServerConnection above;

    LayeredConnection(ConnectionContext context) {
        this.context = context;
    }

    final ConnectionContext context() {
        return context;
    }

    final Stall stall() {
        return stall;
    }

    /** What the connection has become; null: its beginning is not over. */
    final @Nullable ServerConnection above() {
        return above;
    }

    final void serve(ServerConnection next, Limit limit) throws InterruptedException {
        above = next;
        next.handle(limit);
    }

    /** Ends it, whatever it waits for. */
    final void cut() {
        try {
            context.serverSocket().close();
        } catch (UncheckedIOException e) {
            // it has ended by itself meanwhile
        }
    }

    @Override
    public Duration idleTime() {
        ServerConnection connection = above;
        return connection == null ? Duration.ZERO : connection.idleTime();
    }

    @Override
    public void close(boolean interrupt) {
        ServerConnection connection = above;
        if (connection != null) {
            connection.close(interrupt);
        }
    }

    @Override
    public boolean canInterrupt() {
        ServerConnection connection = above;
        return connection == null || connection instanceof InterruptableTask<?> task && task.canInterrupt();
    }
}
