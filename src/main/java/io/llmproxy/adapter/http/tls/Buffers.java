package io.llmproxy.adapter.http.tls;

import java.nio.ByteBuffer;

/** What one direction of a connection needs to work: what is encrypted, and what is not. Each grows when it is first needed. */
final class Buffers {
    ByteBuffer wire = ByteBuffer.allocate(0);
    ByteBuffer plain = ByteBuffer.allocate(0);

    static ByteBuffer larger(ByteBuffer buffer, int more) {
        return ByteBuffer.allocate(buffer.capacity() + more).put(buffer.flip());
    }

    /** In bytes. */
    int size() {
        return wire.capacity() + plain.capacity();
    }
}
