package io.llmproxy.adapter.http.h2;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Writes frames, each whole and those of one head together, whichever thread they come from. */
final class FrameWriter {
    private final DataWriter out;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock; grows to what one write took at most
    private byte[] buffer = new byte[4096];
    private int size;

    FrameWriter(DataWriter out) {
        this.out = out;
    }

    void settings(int... idsAndValues) throws IOException {
        byte[] payload = new byte[idsAndValues.length * 3];
        for (int i = 0; i < idsAndValues.length; i += 2) {
            payload[3 * i + 1] = (byte) idsAndValues[i];
            int32(payload, 3 * i + 2, idsAndValues[i + 1]);
        }
        control(Frame.SETTINGS, 0, 0, payload);
    }

    void settingsTaken() throws IOException {
        control(Frame.SETTINGS, Frame.ACK, 0, new byte[0]);
    }

    void ping(boolean answer, byte[] payload) throws IOException {
        control(Frame.PING, answer ? Frame.ACK : 0, 0, payload);
    }

    void windowUpdate(int stream, int increment) throws IOException {
        byte[] payload = new byte[4];
        int32(payload, 0, increment);
        control(Frame.WINDOW_UPDATE, 0, stream, payload);
    }

    void reset(int stream, ErrorCode code) throws IOException {
        byte[] payload = new byte[4];
        int32(payload, 0, code.number());
        control(Frame.RST_STREAM, 0, stream, payload);
    }

    void goAway(int lastStream, ErrorCode code) throws IOException {
        byte[] payload = new byte[8];
        int32(payload, 0, lastStream);
        int32(payload, 4, code.number());
        control(Frame.GOAWAY, 0, 0, payload);
    }

    /**
     * A head, where there is one, and a piece of the body that fits into one frame and into the windows, in one write.
     *
     * @param end whether the last frame of these ends the stream
     */
    void message(int stream, byte @Nullable [] head, byte[] body, int offset, int length, boolean end)
            throws IOException {
        lock.lock();
        try {
            boolean data = head == null || length > 0;
            if (head != null) {
                head(stream, head, end && !data);
            }
            if (data) {
                frame(length, Frame.DATA, end ? Frame.END_STREAM : 0, stream, body, offset);
            }
            send();
        } finally {
            lock.unlock();
        }
    }

    private void head(int stream, byte[] head, boolean end) {
        int first = Math.min(head.length, Frame.MAX_PAYLOAD);
        int ending = end ? Frame.END_STREAM : 0;
        frame(first, Frame.HEADERS, ending | (first == head.length ? Frame.END_HEADERS : 0), stream, head, 0);
        for (int at = first; at < head.length; at += Frame.MAX_PAYLOAD) {
            int length = Math.min(head.length - at, Frame.MAX_PAYLOAD);
            int last = at + length == head.length ? Frame.END_HEADERS : 0;
            frame(length, Frame.CONTINUATION, last, stream, head, at);
        }
    }

    private void control(int type, int flags, int stream, byte[] payload) throws IOException {
        lock.lock();
        try {
            frame(payload.length, type, flags, stream, payload, 0);
            send();
        } finally {
            lock.unlock();
        }
    }

    private void frame(int length, int type, int flags, int stream, byte[] payload, int offset) {
        if (buffer.length - size < Frame.HEADER + length) {
            buffer = java.util.Arrays.copyOf(buffer, size + Frame.HEADER + length);
        }
        buffer[size] = (byte) (length >>> 16);
        buffer[size + 1] = (byte) (length >>> 8);
        buffer[size + 2] = (byte) length;
        buffer[size + 3] = (byte) type;
        buffer[size + 4] = (byte) flags;
        int32(buffer, size + 5, stream);
        System.arraycopy(payload, offset, buffer, size + Frame.HEADER, length);
        size += Frame.HEADER + length;
    }

    private void send() throws IOException {
        int length = size;
        size = 0;
        try {
            out.writeNow(BufferData.create(buffer, 0, length));
        } catch (RuntimeException e) {
            throw new IOException("The client has gone or does not read.", e);
        }
    }

    private static void int32(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 24);
        bytes[at + 1] = (byte) (value >>> 16);
        bytes[at + 2] = (byte) (value >>> 8);
        bytes[at + 3] = (byte) value;
    }
}
