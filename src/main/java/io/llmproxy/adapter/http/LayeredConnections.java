package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.runtime.Periodic;

/** What takes every connection of a listener for a layer below the protocol, and looks after those of which it knows by rounds of its own. */
abstract class LayeredConnections implements ServerConnectionSelector, AutoCloseable {
    private final Periodic sweeper;

    /**
     * @param thread the name of the one that sweeps
     * @param fault what a round that failed means, for the log
     */
    LayeredConnections(String thread, String fault) {
        this.sweeper = new Periodic(
                Thread.ofPlatform().daemon().name(thread),
                Connections.SWEEP_EVERY,
                () -> sweep(System.nanoTime()),
                fault);
    }

    /** Ends what takes too long. */
    abstract void sweep(long now);

    final void start() {
        sweeper.start();
    }

    @Override
    public final void close() {
        sweeper.close();
    }

    @Override
    public final int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public final Support supports(BufferData data) {
        return Support.SUPPORTED;
    }
}
