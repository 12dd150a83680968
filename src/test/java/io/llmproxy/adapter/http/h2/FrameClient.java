package io.llmproxy.adapter.http.h2;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client that sends exactly the frames it is told and shows exactly those it gets; no socket lies between. */
final class FrameClient implements AutoCloseable {
    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> toServer = new LinkedBlockingQueue<>();
    private final BlockingQueue<Frame> fromServer = new LinkedBlockingQueue<>();
    private final Http2Connection connection;
    private final Thread server;

    FrameClient(Duration patience, Consumer<Http2Stream> gateway) {
        this(BodyPatience.idle(patience), gateway);
    }

    FrameClient(BodyPatience patience, Consumer<Http2Stream> gateway) {
        connection = new Http2Connection(DataReader.create(this::next), new Out(), patience, gateway);
        server = Thread.ofVirtual().start(connection::run);
    }

    /** With the preface and settings exchanged. */
    static FrameClient greeted(Consumer<Http2Stream> gateway, int... settings) throws Exception {
        FrameClient client = new FrameClient(Duration.ofSeconds(20), gateway);
        client.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (int i = 0; i < settings.length; i += 2) {
            payload.writeBytes(new byte[] {0, (byte) settings[i]});
            payload.writeBytes(int32(settings[i + 1]));
        }
        client.frame(Frame.SETTINGS, 0, 0, payload.toByteArray());
        client.await(Frame.SETTINGS);
        client.await(Frame.WINDOW_UPDATE);
        client.await(Frame.SETTINGS);
        return client;
    }

    Http2Connection connection() {
        return connection;
    }

    FrameClient bytes(byte[] bytes) {
        toServer.add(bytes);
        return this;
    }

    FrameClient frame(int type, int flags, int stream, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(new byte[] {
            (byte) (payload.length >>> 16),
            (byte) (payload.length >>> 8),
            (byte) payload.length,
            (byte) type,
            (byte) flags
        });
        frame.writeBytes(int32(stream));
        frame.writeBytes(payload);
        return bytes(frame.toByteArray());
    }

    /** A GET without a body, or a POST whose body is to come. */
    FrameClient request(int stream, boolean ended, String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) (ended ? 0x82 : 0x83), (byte) 0x87, 4});
        text(block, "/v1/" + stream);
        block.write(1);
        text(block, "gateway");
        fields(block, fields);
        return frame(Frame.HEADERS, Frame.END_HEADERS | (ended ? Frame.END_STREAM : 0), stream, block.toByteArray());
    }

    /** Fields after a body. */
    FrameClient trailers(int stream, boolean ended, String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        fields(block, fields);
        return frame(Frame.HEADERS, Frame.END_HEADERS | (ended ? Frame.END_STREAM : 0), stream, block.toByteArray());
    }

    private static void fields(ByteArrayOutputStream block, String... fields) {
        for (int i = 0; i < fields.length; i += 2) {
            block.write(0);
            text(block, fields[i]);
            text(block, fields[i + 1]);
        }
    }

    FrameClient reset(int stream) {
        return frame(Frame.RST_STREAM, 0, stream, int32(ErrorCode.CANCEL.number()));
    }

    FrameClient window(int stream, int increment) {
        return frame(Frame.WINDOW_UPDATE, 0, stream, int32(increment));
    }

    /** The next frame. */
    Frame next(int type) throws InterruptedException {
        Frame frame = poll();
        if (frame.type() != type) {
            throw new AssertionError("expected a frame of type " + type + ", got " + frame);
        }
        return frame;
    }

    /** The next frame of that type; others are skipped. */
    Frame await(int type) throws InterruptedException {
        while (true) {
            Frame frame = poll();
            if (frame.type() == type) {
                return frame;
            }
        }
    }

    @Nullable
    Frame within(Duration time) throws InterruptedException {
        return fromServer.poll(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Frame poll() throws InterruptedException {
        Frame frame = fromServer.poll(30, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("no frame came");
        }
        return frame;
    }

    boolean ended() throws InterruptedException {
        return server.join(Duration.ofSeconds(30));
    }

    @Override
    public void close() {
        toServer.add(END);
    }

    static byte[] int32(int value) {
        return new byte[] {(byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value};
    }

    private static void text(ByteArrayOutputStream block, String text) {
        block.write(text.length());
        block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private byte @Nullable [] next() {
        try {
            byte[] bytes = toServer.take();
            return bytes.length == 0 ? null : bytes;
        } catch (InterruptedException e) {
            return null;
        }
    }

    /** Takes the server's writes apart, each of which holds whole frames. */
    private final class Out implements DataWriter {
        @Override
        public void writeNow(BufferData buffer) {
            byte[] bytes = buffer.readBytes();
            BlockingQueue<byte[]> once = new LinkedBlockingQueue<>();
            once.add(bytes);
            DataReader reader = DataReader.create(once::poll);
            try {
                for (int read = 0; read < bytes.length; ) {
                    Frame frame = Frame.read(reader);
                    read += Frame.HEADER + frame.payload().length;
                    fromServer.add(frame);
                }
            } catch (ConnectionFault e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void write(BufferData... buffers) {
            writeNow(BufferData.create(buffers));
        }

        @Override
        public void write(BufferData buffer) {
            writeNow(buffer);
        }

        @Override
        public void writeNow(BufferData... buffers) {
            writeNow(BufferData.create(buffers));
        }
    }
}
