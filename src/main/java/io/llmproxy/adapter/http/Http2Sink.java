package io.llmproxy.adapter.http;

import io.helidon.http.DateTime;
import io.llmproxy.adapter.http.h2.ErrorCode;
import io.llmproxy.adapter.http.h2.Http2Stream;
import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.HeadBytes;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes one answer as a stream of HTTP/2. Head and body share one write where the body is short and nobody flushes. An answer
 * that fails ends in a reset of its stream, whatever was sent before, so that nobody takes it for whole.
 */
final class Http2Sink implements ClientSink {
    private static final int BUFFER = 16 * 1024;
    private static final FieldNames CONNECTION_FIELDS = FieldNames.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "content-length",
            "transfer-encoding",
            "trailer",
            "upgrade");

    private final Http2Stream stream;
    private final ErrorRenderer renderer;
    private final Dialect dialect;
    private final boolean headRequest;
    private final HeadBytes buffer = new HeadBytes(1024);
    private final TailBytes tail = new TailBytes();

    private @Nullable HeaderFields head;
    private int status;
    private boolean headGiven;
    private boolean bodyAllowed;
    private boolean eventStream;
    private boolean lines;
    private @Nullable String requestId;
    private long declared;
    private long written;
    private boolean started;
    private boolean ended;
    private boolean aborted;

    Http2Sink(Http2Stream stream, ErrorRenderer renderer, Dialect dialect, boolean headRequest) {
        this.stream = stream;
        this.renderer = renderer;
        this.dialect = dialect;
        this.headRequest = headRequest;
    }

    @Override
    public void head(int code, HeaderFields headers, long contentLength) {
        if (started || ended) {
            throw new IllegalStateException("The head of this answer has been sent already.");
        }
        Http1Sink.check(code, headers);
        boolean bodiless = code == 204 || code == 304;
        status = code;
        headGiven = true;
        bodyAllowed = !headRequest && !bodiless;
        declared = contentLength;
        written = 0;
        requestId = headers.first("x-request-id").orElse(null);
        String type = headers.first("Content-Type").orElse("");
        lines = Http1Sink.lines(type);
        eventStream = lines || Http1Sink.eventStream(type);
        buffer.clear();
        head = fields(headers, bodiless ? -1 : contentLength);
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
        if (eventStream) {
            tail.add(bytes, offset, length);
        }
        if (buffer.size() + length > BUFFER) {
            flush();
        }
        if (length > BUFFER) {
            sending(() -> stream.data(bytes, offset, length, false));
        } else {
            buffer.put(bytes, offset, length);
        }
    }

    @Override
    public void flush() throws IOException {
        requireOpen();
        send(false);
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        requireOpen();
        if (bodyAllowed && declared >= 0 && written < declared) {
            abort();
            throw new IOException("The body ended after " + written + " of " + declared + " bytes.");
        }
        HeaderFields last = allowed(trailers);
        if (bodyAllowed && last.size() > 0) {
            send(false);
            sending(() -> stream.trailers(last));
        } else {
            send(true);
        }
        ended = true;
    }

    /** Those that may come after a body. */
    private static HeaderFields allowed(HeaderFields trailers) {
        if (trailers.size() == 0) {
            return HeaderFields.NONE;
        }
        HeaderFields allowed = new HeaderFields();
        trailers.forEach((name, value) -> {
            if (TrailerRules.allowed(name, value)) {
                allowed.add(name, value);
            }
        });
        return allowed;
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
            abort(); // the client is gone: there is nobody to tell
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

    private void errorAnswer(ProxyError error, HeaderFields headers) throws IOException {
        HeaderFields fields = ErrorRenderer.fields(error, headers);
        byte[] body = renderer.body(dialect, error, fields.first("x-request-id").orElse(null));
        head(error.status(), fields, body.length);
        write(body, 0, body.length);
        end();
    }

    private void errorEvent(ProxyError error) throws IOException {
        if (eventStream && bodyAllowed && declared < 0) {
            byte[] gap = tail.missing(lines).getBytes(StandardCharsets.US_ASCII);
            byte[] event = renderer.event(dialect, error, requestId);
            buffer.put(gap, 0, gap.length).put(event, 0, event.length);
            written += gap.length + event.length;
        }
        send(false);
        abort();
    }

    private void abort() {
        aborted = true;
        stream.reset(ErrorCode.INTERNAL_ERROR);
    }

    private void requireOpen() throws IOException {
        if (!headGiven) {
            throw new IllegalStateException("The answer's head must come before its body.");
        }
        if (ended || aborted) {
            throw new IOException("The answer has ended already.");
        }
    }

    private static HeaderFields fields(HeaderFields headers, long contentLength) {
        HeaderFields fields = new HeaderFields();
        if (!headers.contains("Date")) {
            fields.add("date", DateTime.rfc1123String());
        }
        headers.forEach((name, value) -> {
            if (!CONNECTION_FIELDS.contains(name)) {
                fields.add(name, value);
            }
        });
        return contentLength < 0 ? fields : fields.add("content-length", Long.toString(contentLength));
    }

    private void send(boolean end) throws IOException {
        HeaderFields first = head;
        head = null;
        int length = buffer.size();
        buffer.clear();
        if (first != null) {
            sending(() -> stream.send(status, first, buffer.array(), 0, length, end || !bodyAllowed));
        } else if (length > 0 || end && bodyAllowed) {
            sending(() -> stream.data(buffer.array(), 0, length, end));
        }
    }

    private void sending(Sending sending) throws IOException {
        started = true;
        try {
            sending.run();
        } catch (IOException e) {
            aborted = true;
            stream.reset(ErrorCode.CANCEL);
            throw e;
        }
    }

    /** Something that goes out to the client. */
    private interface Sending {
        void run() throws IOException;
    }
}
