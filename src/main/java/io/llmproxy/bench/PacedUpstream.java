package io.llmproxy.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * An upstream in OpenAI's format that does what each request {@link Order orders}: answers at once, after a delay, or by a
 * stream at a steady pace. One thread reads, one writes.
 */
public final class PacedUpstream implements AutoCloseable {
    private static final int BACKLOG = 4096;

    private final ServerSocketChannel server;
    private final Selector selector;
    private final ScheduledExecutorService pacer;
    private final Thread reader;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(64 * 1024);

    public PacedUpstream(InetSocketAddress listen) throws IOException {
        server = ServerSocketChannel.open();
        server.bind(listen, BACKLOG);
        server.configureBlocking(false);
        selector = Selector.open();
        server.register(selector, SelectionKey.OP_ACCEPT);
        pacer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("bench-upstream-writer").daemon().factory());
        reader = Thread.ofPlatform().name("bench-upstream-reader").daemon().start(this::read);
    }

    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /** Waits until it is closed. */
    public void join() throws InterruptedException {
        reader.join();
    }

    private void read() {
        try {
            while (selector.isOpen()) {
                selector.select(this::ready);
            }
        } catch (IOException | java.nio.channels.ClosedSelectorException e) {
            // closed: nobody waits for an answer from here
            pacer.shutdownNow();
        }
    }

    private void ready(SelectionKey key) {
        if (key.attachment() instanceof UpstreamLink link) {
            link.read(scratch);
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
                client.configureBlocking(false);
                client.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
                client.register(selector, SelectionKey.OP_READ, new UpstreamLink(client, pacer));
            }
        } catch (IOException e) {
            // one client less, or no descriptor left: those that are there go on
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() throws IOException {
        pacer.shutdownNow();
        server.close();
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
