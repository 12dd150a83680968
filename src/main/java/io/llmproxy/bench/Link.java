package io.llmproxy.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One client connection; its events come on the thread that turns its {@link Links}. */
abstract class Link {
    private final Links links;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final AnswerReader reader = new AnswerReader(this::received);
    private volatile @Nullable ByteBuffer unsent;

    /** Begins to connect. */
    Link(Links links, Target target) throws IOException {
        this.links = links;
        channel = SocketChannel.open();
        try {
            channel.configureBlocking(false);
            channel.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(target.address());
            key = channel.register(links.selector(), SelectionKey.OP_CONNECT, this);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    abstract void connected();

    /** A piece of the answer's body, good until this returns. */
    void received(ByteBuffer part) {}

    /** The answer is whole. */
    abstract void answered(int status);

    /** The connection is gone. */
    abstract void failed(IOException why);

    /** Writes a request; by any thread, while no other request is under way here. */
    final void send(byte[] request) {
        ByteBuffer out = ByteBuffer.wrap(request);
        try {
            channel.write(out);
            if (out.hasRemaining()) {
                unsent = out;
                key.interestOpsOr(SelectionKey.OP_WRITE);
                links.selector().wakeup();
            }
        } catch (IOException e) {
            // the reader sees the same end, on the thread where events belong
            links.selector().wakeup();
        }
    }

    final void ready(ByteBuffer scratch) {
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                connected();
            }
            if (key.isValid() && key.isWritable()) {
                writeOn();
            }
            if (key.isValid() && key.isReadable()) {
                read(scratch);
            }
        } catch (IOException e) {
            close();
            failed(e);
        }
    }

    private void writeOn() throws IOException {
        ByteBuffer out = unsent;
        if (out == null || channel.write(out) >= 0 && !out.hasRemaining()) {
            unsent = null;
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
        }
    }

    private void read(ByteBuffer scratch) throws IOException {
        scratch.clear();
        int count = channel.read(scratch);
        if (count < 0) {
            if (!reader.endsHere()) {
                throw new EOFException("the connection was closed before the answer's end");
            }
            close();
            answered(reader.status());
            return;
        }
        scratch.flip();
        while (scratch.hasRemaining()) {
            if (reader.read(scratch)) {
                answered(reader.status());
            }
        }
    }

    final boolean isOpen() {
        return channel.isOpen();
    }

    final void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // gone either way
            key.cancel();
        }
    }
}
