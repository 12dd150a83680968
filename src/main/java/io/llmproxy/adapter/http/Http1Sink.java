package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import io.helidon.http.DateTime;
import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeadBytes;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes one answer in HTTP/1.1. Helidon's own response is bypassed: it can neither send a head alone before a chunked body
 * nor keep the order of fields. Head and body share one write where the body is short and nobody flushes.
 */
final class Http1Sink implements ClientSink {
    private static final int BUFFER = 16 * 1024;
    private static final int HELD = 1024 * 1024;
    private static final FieldNames CONNECTION_FIELDS =
            FieldNames.of("connection", "keep-alive", "content-length", "transfer-encoding", "trailer", "upgrade");
    private static final byte[] OK = "HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String LAST_CHUNK = "0\r\n";

    private final DataWriter out;
    private final ErrorRenderer renderer;
    private final Dialect dialect;
    private final boolean headRequest;
    /** Of a connection in HTTP/1.0; null: in 1.1. */
    private final @Nullable AbruptEnd http10;

    private final BooleanSupplier closing;
    private final HeadBytes buffer = new HeadBytes(2048);

    private boolean headGiven;
    private boolean bodyAllowed;
    private boolean eventStream;
    private boolean lines;
    /** Of a stream of events, which may still have to tell of an error. */
    private @Nullable String requestId;

    private long declared;
    private boolean chunked;
    private boolean endsConnection;
    private boolean started;
    private boolean ended;
    private boolean aborted;
    private long written;
    private final TailBytes tail = new TailBytes();

    /**
     * @param http10 whether the client knows no chunks, and how its connection comes to end in a reset; null: it knows them
     * @param closing asked once, with the head: whether the connection ends with this answer
     */
    Http1Sink(
            DataWriter out,
            ErrorRenderer renderer,
            Dialect dialect,
            boolean headRequest,
            @Nullable AbruptEnd http10,
            BooleanSupplier closing) {
        this.out = out;
        this.renderer = renderer;
        this.dialect = dialect;
        this.headRequest = headRequest;
        this.http10 = http10;
        this.closing = closing;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) {
        if (started || ended) {
            throw new IllegalStateException("The head of this answer has been sent already.");
        }
        check(status, headers);
        boolean bodiless = status == 204 || status == 304;
        headGiven = true;
        bodyAllowed = !headRequest && !bodiless;
        declared = contentLength;
        chunked = declared < 0 && http10 == null;
        written = 0;
        String type = headers.first("Content-Type").orElse("");
        lines = lines(type);
        eventStream = lines || eventStream(type);
        requestId = eventStream ? headers.first("x-request-id").orElse(null) : null;
        buffer.clear();
        statusAndFields(status, headers);
        framingFields(bodiless);
        buffer.lineEnd();
    }

    /** Whether each line is an event, as Ollama streams. */
    static boolean lines(String type) {
        return type.strip().regionMatches(true, 0, "application/x-ndjson", 0, 20);
    }

    static boolean eventStream(String type) {
        return type.strip().regionMatches(true, 0, "text/event-stream", 0, 17);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        requireOpen();
        if (length == 0 || !bodyAllowed) {
            return;
        }
        if (declared >= 0 && written + length > declared) {
            throw new IOException("The body is longer than the " + declared + " bytes that the head declares.");
        }
        written += length;
        piece(bytes, offset, length);
        if (eventStream) {
            tail.add(bytes, offset, length);
        }
    }

    @Override
    public void flush() throws IOException {
        requireOpen();
        if (!held()) {
            send();
        }
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        requireOpen();
        if (bodyAllowed && declared >= 0 && written < declared) {
            abort();
            throw new IOException("The body ended after " + written + " of " + declared + " bytes.");
        }
        if (bodyAllowed && chunked) {
            buffer.text(LAST_CHUNK);
            trailers.forEach(this::trailer);
            buffer.lineEnd();
        }
        send();
        if (http10 != null) {
            http10.disarm();
        }
        ended = true;
    }

    @Override
    public void fail(ProxyError error, HeaderFields headers) {
        if (ended || aborted) {
            return;
        }
        try {
            if (started) {
                errorEvent(error);
            } else {
                errorAnswer(error, headers);
            }
        } catch (IOException e) {
            aborted = true; // the client is gone: there is nobody to tell
        }
    }

    @Override
    public boolean started() {
        return started;
    }

    @Override
    public long bytesWritten() {
        return written;
    }

    @Override
    public boolean complete() {
        return ended && !aborted;
    }

    /** Whether the client was told that the connection ends with this answer. */
    boolean endsConnection() {
        return endsConnection;
    }

    /** Whether nothing at all was answered. */
    boolean silent() {
        return !headGiven && !aborted;
    }

    private void errorAnswer(ProxyError error, HeaderFields headers) throws IOException {
        HeaderFields fields = ErrorRenderer.fields(error, headers);
        byte[] body = renderer.body(dialect, error, fields.first("x-request-id").orElse(null));
        head(error.status(), fields, body.length);
        write(body, 0, body.length);
        end();
    }

    private void errorEvent(ProxyError error) throws IOException {
        aborted = true;
        if (eventStream && bodyAllowed && declared < 0) {
            byte[] event = renderer.event(dialect, error, requestId);
            String gap = tail.missing(lines);
            byte[] last = (gap + new String(event, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
            piece(last, 0, last.length);
            written += gap.length() + event.length;
        }
        send();
    }

    private void abort() throws IOException {
        aborted = true;
        send();
    }

    private void requireOpen() throws IOException {
        if (!headGiven) {
            throw new IllegalStateException("The answer's head must come before its body.");
        }
        if (ended || aborted) {
            throw new IOException("The answer has ended already.");
        }
    }

    static void check(int status, HeaderFields headers) {
        if (status < 200 || status > 999) {
            throw new IllegalArgumentException("An answer's status must be from 200 to 999; got " + status);
        }
        for (int i = 0; i < headers.size(); i++) {
            if (!headers.plain(i) && !(FieldText.token(headers.name(i)) && HeadRules.value(headers.value(i)))) {
                throw new IllegalArgumentException("An answer's header field is malformed or holds a line end.");
            }
        }
    }

    private void statusAndFields(int status, HeaderFields headers) {
        if (status == 200) {
            buffer.put(OK, 0, OK.length);
        } else {
            buffer.text("HTTP/1.1 ").text(Integer.toString(status)).text(" ").text(Reasons.of(status));
            buffer.lineEnd();
        }
        if (!headers.contains("Date")) {
            byte[] date = DateTime.http1Bytes();
            buffer.text("Date: ").put(date, 0, date.length);
        }
        for (int i = 0; i < headers.size(); i++) {
            if (!headers.named(i, CONNECTION_FIELDS)) {
                buffer.field(headers.name(i), headers.value(i));
            }
        }
    }

    private void trailer(String name, String value) {
        if (TrailerRules.allowed(name, value)) {
            buffer.field(name, value);
        }
    }

    private void framingFields(boolean bodiless) {
        if (!bodiless && declared >= 0) {
            buffer.field("Content-Length", Long.toString(declared));
        } else if (!bodiless && chunked) {
            buffer.field("Transfer-Encoding", "chunked");
        }
        endsConnection = closing.getAsBoolean();
        if (endsConnection) {
            buffer.field("Connection", "close");
        }
    }

    private void piece(byte[] bytes, int offset, int length) throws IOException {
        if (!chunked) {
            put(bytes, offset, length);
            return;
        }
        buffer.hex(length).lineEnd();
        put(bytes, offset, length);
        buffer.lineEnd();
    }

    /**
     * Whether the answer is kept back while it is short: in HTTP/1.0 a body of unknown length ends with the connection, so
     * that only one that was not begun can still fail in a way that says why. A longer one is begun, and can but be reset.
     */
    private boolean held() {
        return http10 != null && declared < 0 && !eventStream && !started;
    }

    /** Into the buffer, or, where it is too long for that, out without a copy. */
    private void put(byte[] bytes, int offset, int length) throws IOException {
        if (buffer.size() + length > (held() ? HELD : BUFFER)) {
            if (http10 != null && held()) {
                http10.arm();
            }
            send();
        }
        if (length > BUFFER && !held()) {
            send(BufferData.create(bytes, offset, length));
        } else {
            buffer.put(bytes, offset, length);
        }
    }

    /** The array may be filled anew as soon as this returns: the write is done, or has failed, by then. */
    private void send() throws IOException {
        if (buffer.size() > 0) {
            BufferData data = BufferData.create(buffer.array(), 0, buffer.size());
            buffer.clear();
            send(data);
        }
    }

    private void send(BufferData data) throws IOException {
        started = true;
        try {
            out.writeNow(data);
        } catch (RuntimeException e) {
            aborted = true;
            throw new IOException("The client has gone or does not read.", e);
        }
    }
}
