package io.llmproxy.adapter.http.h2;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: its thread reads frames, and every request runs on a virtual thread of its own.
 *
 * <p>Ends in four ways. The client closes it: what runs is told that the client has gone. The client breaks the protocol: it is
 * told so, with the last stream that was taken up, and the same. {@link #stop}: the client is asked to begin no more, what it
 * began meanwhile is served, and when all is answered the connection is {@link #finished}. Or whoever owns the socket closes it.
 *
 * <p>A stream that is over for us stays known until the client's side is over too, since its frames may be on their way; if it
 * goes on to send a body that nobody reads, it is told to stop. Frames of streams that are not known any more are dropped.
 */
public final class Http2Connection {
    /** What one stream may send before it is read. */
    static final int STREAM_WINDOW = 256 * 1024;

    private static final int CONNECTION_WINDOW = 1024 * 1024;
    private static final int DEFAULT_WINDOW = 65_535;
    private static final int MAX_STREAMS = 128;

    /** More than the client is told: it may begin one before we have forgotten one whose end it has seen. */
    private static final int MAX_RUNNING = 2 * MAX_STREAMS;

    private static final int MAX_RESETS = 200;
    private static final Duration RESETS_PERIOD = Duration.ofSeconds(10);
    private static final int MAX_EMPTY_FRAMES = 100;
    private static final Duration LINGER = Duration.ofSeconds(2);
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_TABLE_SIZE = 1;
    private static final int ENABLE_PUSH = 2;
    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int MAX_FRAME_SIZE = 5;
    private static final int MAX_HEADER_LIST_SIZE = 6;

    private final DataReader in;
    private final FrameWriter writer;
    private final SendWindows windows;
    private final ReceiveWindow receive = new ReceiveWindow(CONNECTION_WINDOW);
    private final BodyPatience patience;
    private final Consumer<Http2Stream> gateway;
    private final Map<Integer, Http2Stream> streams = new ConcurrentHashMap<>();
    private final AtomicBoolean stopping = new AtomicBoolean();

    /** Held while a stream is taken up, so that the last one that the client is told of is the last one. */
    private final ReentrantLock taking = new ReentrantLock();

    private volatile boolean lastWord;
    private volatile long since = System.nanoTime();
    private volatile int lastStream;
    // of the connection's thread
    private final HeadDecoder heads = new HeadDecoder();
    private int emptyFrames;
    private int resets;
    private long resetsSince;

    /**
     * @param bodies how long a client is waited for that sends a body; as long as it may idle there it may take nothing
     * @param gateway serves one stream on its thread, and has answered or reset it when it returns
     */
    public Http2Connection(DataReader in, DataWriter out, BodyPatience bodies, Consumer<Http2Stream> gateway) {
        this.in = in;
        this.writer = new FrameWriter(out);
        this.windows = new SendWindows(bodies.idle());
        this.patience = bodies;
        this.gateway = gateway;
    }

    /** Serves until the connection ends; the caller closes the socket. */
    public void run() {
        try {
            greet();
            while (true) {
                take(Frame.read(in));
            }
        } catch (ConnectionFault e) {
            say(e.code());
        } catch (IOException | DataReader.InsufficientDataAvailableException e) {
            // the client has closed the connection, or does not read what it is told
        } finally {
            windows.end();
            streams.values().forEach(Http2Stream::lost);
        }
    }

    /** Begins the end: see {@link #finished}. Idempotent, on any thread. */
    public void stop() {
        if (stopping.compareAndSet(false, true)) {
            since = System.nanoTime();
            tryTo(() -> {
                // the client may have sent requests already that it is not yet known to have sent: RFC 9113, section
                // 6.8
                writer.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
                writer.ping(false, new byte[8]);
            });
        }
    }

    /** Whether a stopping connection has answered all that came, so that it may be closed. */
    public boolean finished(long nowNanos) {
        return lastWord && streams.isEmpty() && older(since, FAREWELL, nowNanos);
    }

    /** Whether no request is running. */
    public boolean idle() {
        return streams.isEmpty();
    }

    /** How long it has been idle. */
    public Duration idleTime() {
        return idle() ? Duration.ofNanos(System.nanoTime() - since) : Duration.ZERO;
    }

    /** To be called several times a second. */
    public void sweep(long nowNanos) {
        if (stopping.get() && !lastWord && older(since, FAREWELL, nowNanos)) {
            sayLastWord();
        }
        streams.values().removeIf(stream -> endsLingering(stream, nowNanos));
    }

    /** Tells a client to stop that goes on to send what nobody reads; true: it has been told. */
    private boolean endsLingering(Http2Stream stream, long nowNanos) {
        if (!stream.served() || !older(stream.servedAt(), LINGER, nowNanos)) {
            return false;
        }
        tryTo(() -> writer.reset(stream.id(), ErrorCode.NO_ERROR));
        return true;
    }

    FrameWriter writer() {
        return writer;
    }

    SendWindows windows() {
        return windows;
    }

    BodyPatience patience() {
        return patience;
    }

    void resetByUs(Http2Stream stream, ErrorCode code) {
        tryTo(() -> writer.reset(stream.id(), code));
        stream.lost();
    }

    /** @param increment what to tell the client of the stream's window; 0: nothing */
    void consumed(int stream, int increment, int bytes) {
        int ofConnection = receive.give(bytes);
        tryTo(() -> {
            if (increment > 0) {
                writer.windowUpdate(stream, increment);
            }
            if (ofConnection > 0) {
                writer.windowUpdate(0, ofConnection);
            }
        });
    }

    private void greet() throws IOException, ConnectionFault {
        writer.settings(
                ENABLE_PUSH,
                0,
                MAX_CONCURRENT_STREAMS,
                MAX_STREAMS,
                INITIAL_WINDOW_SIZE,
                STREAM_WINDOW,
                MAX_HEADER_LIST_SIZE,
                HeadDecoder.MAX_HEAD);
        writer.windowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW);
        if (!Arrays.equals(in.readBytes(PREFACE.length), PREFACE)) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "no preface");
        }
        Frame first = Frame.read(in);
        if (first.type() != Frame.SETTINGS || first.has(Frame.ACK)) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "no settings after the preface");
        }
        take(first);
    }

    private void take(Frame frame) throws ConnectionFault, IOException {
        if (heads.unfinished() && frame.type() != Frame.CONTINUATION) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a head that another frame breaks into");
        }
        switch (frame.type()) {
            case Frame.DATA -> data(frame);
            case Frame.HEADERS -> headers(frame);
            case Frame.CONTINUATION -> continuation(frame);
            case Frame.RST_STREAM -> reset(frame);
            case Frame.SETTINGS -> settings(frame);
            case Frame.PING -> ping(frame);
            case Frame.WINDOW_UPDATE -> windowUpdate(frame);
            case Frame.PUSH_PROMISE ->
                throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a push promise of a client");
            default -> {
                // GOAWAY: the client begins no more, which its connection's end will say too. PRIORITY and unknown
                // ones: ignored
            }
        }
    }

    private void headers(Frame frame) throws ConnectionFault, IOException {
        int id = frame.stream();
        if (id % 2 == 0) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a request on stream " + id);
        }
        heads.begin(frame);
        headEnds(frame);
    }

    private void continuation(Frame frame) throws ConnectionFault, IOException {
        if (!heads.unfinished()) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "the rest of no head");
        }
        heads.goOn(frame);
        headEnds(frame);
    }

    private void headEnds(Frame frame) throws ConnectionFault, IOException {
        if (!frame.has(Frame.END_HEADERS)) {
            return;
        }
        int id = heads.stream();
        if (id > lastStream) {
            begin(id, heads.head(), heads.endStream());
            return;
        }
        trailers(streams.get(id), heads.trailers());
    }

    /** Null for the stream: it is over, and what comes on it is of no interest. Null for the fields: they are malformed. */
    private void trailers(@Nullable Http2Stream stream, @Nullable HeaderFields fields) {
        if (stream == null || stream.requestEnded()) {
            return;
        }
        if (fields == null || !heads.endStream()) {
            stream.malformed();
            return;
        }
        stream.receiveTrailers(fields);
        forgetWhereOver(stream);
    }

    private void begin(int id, @Nullable RequestHead head, boolean ended) throws IOException {
        if (!takenUp(id)) {
            return; // as the client has been told
        }
        if (head == null) {
            writer.reset(id, ErrorCode.PROTOCOL_ERROR);
        } else if (streams.size() >= MAX_RUNNING) {
            writer.reset(id, ErrorCode.REFUSED_STREAM);
        } else {
            Http2Stream stream = new Http2Stream(id, head, ended ? 0 : declared(head), this, windows.open());
            streams.put(id, stream);
            if (ended) {
                stream.receive(new byte[0], true);
            }
            Thread.ofVirtual().name("stream-" + id).start(() -> serve(stream));
        }
    }

    private boolean takenUp(int id) {
        taking.lock();
        try {
            if (lastWord) {
                return false;
            }
            lastStream = id;
            return true;
        } finally {
            taking.unlock();
        }
    }

    /** What the head says of the body's length; -1: nothing, or nothing that is a number, which is not judged here. */
    private static long declared(RequestHead head) {
        String length = head.fields().first("Content-Length").orElse("");
        boolean number =
                !length.isEmpty() && length.length() <= 18 && length.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Long.parseLong(length) : -1;
    }

    private void serve(Http2Stream stream) {
        try {
            gateway.accept(stream);
        } finally {
            if (!stream.answerEnded()) {
                stream.reset(ErrorCode.INTERNAL_ERROR);
            }
            stream.served(System.nanoTime());
            forgetWhereOver(stream);
        }
    }

    private void forgetWhereOver(Http2Stream stream) {
        if (stream.served() && (stream.requestEnded() || stream.gone())) {
            streams.remove(stream.id());
            since = System.nanoTime();
        }
    }

    private void requestEnds(Http2Stream stream, byte[] piece) {
        stream.receive(piece, true);
        forgetWhereOver(stream);
    }

    private void data(Frame frame) throws ConnectionFault {
        int id = frame.stream();
        int length = frame.payload().length;
        countEmpty(frame);
        if (id == 0 || id > lastStream && !lastWord) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a body without a head");
        }
        Http2Stream stream = streams.get(id);
        boolean fits = receive.take(length) && (stream == null || stream.takeReceiveWindow(length));
        if (!fits) {
            throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "more than the windows allow");
        }
        int content = frame.contentLength();
        if (stream == null) {
            consumed(id, 0, length);
            return;
        }
        if (stream.requestEnded()) {
            throw new ConnectionFault(ErrorCode.STREAM_CLOSED, "a body that goes on after its end");
        }
        if (length > content) {
            stream.consumed(length - content);
        }
        byte[] piece = content == length
                ? frame.payload()
                : Arrays.copyOfRange(frame.payload(), frame.contentStart(), frame.contentStart() + content);
        if (frame.has(Frame.END_STREAM)) {
            requestEnds(stream, piece);
        } else {
            stream.receive(piece, false);
        }
    }

    private void countEmpty(Frame frame) throws ConnectionFault {
        boolean empty = frame.payload().length == 0 && !frame.has(Frame.END_STREAM);
        emptyFrames = empty ? emptyFrames + 1 : 0;
        if (emptyFrames > MAX_EMPTY_FRAMES) {
            throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many empty frames");
        }
    }

    private void reset(Frame frame) throws ConnectionFault {
        frame.requireLength(4);
        if (frame.stream() == 0 || frame.stream() > lastStream && !lastWord) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "the end of a stream that never began");
        }
        Http2Stream stream = streams.get(frame.stream());
        if (stream == null) {
            return;
        }
        if (!stream.answerBegun()) {
            countReset();
        }
        stream.lost();
        forgetWhereOver(stream);
    }

    /** Requests that are cancelled as soon as they are sent cost the client nothing and us much (CVE-2023-44487). */
    private void countReset() throws ConnectionFault {
        long now = System.nanoTime();
        if (resets == 0 || older(resetsSince, RESETS_PERIOD, now)) {
            resets = 0;
            resetsSince = now;
        }
        if (++resets > MAX_RESETS) {
            throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many cancelled requests");
        }
    }

    private void settings(Frame frame) throws ConnectionFault, IOException {
        if (frame.has(Frame.ACK)) {
            frame.requireLength(0);
            return;
        }
        if (frame.stream() != 0 || frame.payload().length % 6 != 0) {
            throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, "malformed settings");
        }
        for (int at = 0; at < frame.payload().length; at += 6) {
            setting((frame.payload()[at] & 255) << 8 | frame.payload()[at + 1] & 255, frame, at + 2);
        }
        writer.settingsTaken();
    }

    /** Of the client's settings only the window concerns us: no table is used, no push is made, and our frames are the smallest. */
    private void setting(int id, Frame frame, int at) throws ConnectionFault {
        boolean high = (frame.payload()[at] & 128) != 0;
        int value = frame.int31(at);
        switch (id) {
            case INITIAL_WINDOW_SIZE -> {
                boolean valid = !high
                        && windows.initial(
                                value,
                                streams.values().stream()
                                        .map(Http2Stream::window)
                                        .collect(Collectors.toList()));
                if (!valid) {
                    throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window that is too large");
                }
            }
            case MAX_FRAME_SIZE -> {
                if (high || value < Frame.MAX_PAYLOAD || value >= 1 << 24) {
                    throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a frame size that is not allowed");
                }
            }
            case ENABLE_PUSH -> {
                if (high || value > 1) {
                    throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a push setting that is not allowed");
                }
            }
            case HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, MAX_HEADER_LIST_SIZE -> {}
            default -> {}
        }
    }

    private void ping(Frame frame) throws ConnectionFault, IOException {
        frame.requireLength(8);
        if (!frame.has(Frame.ACK)) {
            writer.ping(true, frame.payload());
        } else if (stopping.get()) {
            sayLastWord();
        }
    }

    private void windowUpdate(Frame frame) throws ConnectionFault {
        frame.requireLength(4);
        int increment = frame.int31(0);
        Http2Stream stream = streams.get(frame.stream());
        if (frame.stream() == 0) {
            if (increment == 0 || !windows.growConnection(increment)) {
                throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a window of a wrong size");
            }
        } else if (stream != null && (increment == 0 || !windows.grow(stream.window(), increment))) {
            stream.reset(ErrorCode.FLOW_CONTROL_ERROR);
        } else if (frame.stream() > lastStream && !lastWord) {
            throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, "a window of a stream that never began");
        }
    }

    private void sayLastWord() {
        taking.lock();
        try {
            if (lastWord) {
                return;
            }
            lastWord = true;
        } finally {
            taking.unlock();
        }
        since = System.nanoTime();
        say(ErrorCode.NO_ERROR);
    }

    private void say(ErrorCode code) {
        tryTo(() -> writer.goAway(lastStream, code));
    }

    private static boolean older(long since, Duration age, long nowNanos) {
        return nowNanos - since > age.toNanos();
    }

    /** Something to say to the client. */
    private interface Word {
        void say() throws IOException;
    }

    /** A client that cannot be told anything has gone, which the reading thread will find out. */
    private static void tryTo(Word word) {
        try {
            word.say();
        } catch (IOException e) {
            // see above
        }
    }
}
