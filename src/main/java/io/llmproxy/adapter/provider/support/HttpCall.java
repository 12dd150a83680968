package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.HeadBytes;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * One exchange over a connection of the account's pool.
 *
 * <p>A reused connection may have been closed by the upstream while the request was on its way. Where such a connection dies
 * before one byte of an answer, the request goes out once more on a new one; that is not told to anybody. A connection goes
 * back to the pool only when the answer was read to its exact end and nothing came after it, and only if no cancel came
 * before: what the pool holds is always between two exchanges.
 */
final class HttpCall implements ProviderCall {
    /** Below it a body fits into the kernels' buffers of both ends, so that its write cannot block for long. */
    private static final long WATCHED_UPLOAD = 64 * 1024;

    private final ConnectionPool pool;
    private final Connector connector;
    private final CallContext call;
    private final String method;
    private final HeadBytes head;
    private final RequestBody body;

    private @Nullable UpstreamConnection connection;
    private @Nullable AnswerBody answer;
    private boolean reusable;
    private boolean entered;
    private boolean sent;

    HttpCall(
            ConnectionPool pool,
            Connector connector,
            CallContext call,
            String method,
            HeadBytes head,
            RequestBody body) {
        this.pool = pool;
        this.connector = connector;
        this.call = call;
        this.method = method;
        this.head = head;
        this.body = body;
    }

    @Override
    public Head execute() throws UpstreamException {
        call.check();
        pool.enter(call);
        entered = true;
        UpstreamConnection idle = pool.lease(call.tenant());
        if (idle != null) {
            try {
                return exchange(idle);
            } catch (UpstreamException e) {
                if (e.kind() != Kind.NO_ANSWER
                        || idle.input().heard()
                        || !idle.output().mayRetry()) {
                    throw e;
                }
            }
        }
        pool.makeRoom();
        return exchange(connector.connect(call));
    }

    @Override
    public boolean sent() {
        return sent;
    }

    private Head exchange(UpstreamConnection on) throws UpstreamException {
        boolean answered = false;
        try {
            begin(on);
            send(on);
            pool.letOthersRun();
            Head received = receive(on);
            answered = true;
            return received;
        } finally {
            if (!answered) {
                drop();
            }
        }
    }

    private void begin(UpstreamConnection on) throws UpstreamException {
        connection = on;
        call.cancellation().onCancel(on::abort);
        call.check();
        on.begin(call);
    }

    /** Returns also where the upstream does not take the whole request: it may have answered all the same. */
    private void send(UpstreamConnection on) throws UpstreamException {
        UpstreamOutput out = on.output();
        try {
            writeOwn(head, out);
            writeBody(on, out);
            out.flush();
            sent = true;
        } catch (UpstreamException e) {
            throw e;
        } catch (IOException e) {
            call.check();
            if (!out.broken()) {
                throw call.failure(Kind.NO_ANSWER, "did not get the request: its body could not be read", e);
            }
        }
    }

    private void writeBody(UpstreamConnection on, UpstreamOutput out) throws IOException {
        if (body.trailers().size() > 0) {
            writeChunked(on, out);
        } else {
            writePlain(on, out);
        }
    }

    /** One chunk, since the length is known, and what comes after it. */
    private void writeChunked(UpstreamConnection on, UpstreamOutput out) throws IOException {
        boolean empty = body.length() == 0;
        if (!empty) {
            writeOwn(new HeadBytes(16).text(Long.toHexString(body.length())).text("\r\n"), out);
            writePlain(on, out);
            writeOwn(new HeadBytes(16).text("\r\n"), out);
        }
        writeOwn(RequestHead.trailers(body.trailers()), out);
    }

    private static void writeOwn(HeadBytes bytes, UpstreamOutput out) throws IOException {
        out.allow(bytes.size());
        out.write(bytes.array(), 0, bytes.size());
    }

    private void writePlain(UpstreamConnection on, UpstreamOutput out) throws IOException {
        long length = body.length();
        if (length > WATCHED_UPLOAD) {
            out.flush();
            long patience = call.timeouts().idle().toNanos();
            try (Alarm alarm = Alarm.set(out::sent, patience, call.deadline(), on::abort)) {
                writeWatched(out, alarm);
            }
        } else if (length > 0) {
            write(out);
        }
    }

    private void writeWatched(UpstreamOutput out, Alarm alarm) throws IOException {
        try {
            write(out);
            out.flush();
        } catch (IOException e) {
            call.check();
            if (alarm.rang()) {
                String limit = Durations.format(call.timeouts().idle());
                throw call.failure(Kind.FIRST_BYTE_TIMEOUT, "took nothing of the request body for " + limit, e);
            }
            throw e;
        }
    }

    private void write(UpstreamOutput out) throws IOException {
        out.allow(body.length());
        body.writeTo(new Uncloseable(out));
        if (out.missing() != 0) {
            throw new IOException("the request body is shorter than announced");
        }
    }

    private Head receive(UpstreamConnection on) throws UpstreamException {
        ClassicHttpResponse received = on.readHead(call);
        connector.checkProxy(received.getCode(), call);
        HeaderFields fields = AnswerFraming.fields(received, call);
        AnswerFraming framing = AnswerFraming.of(method, received, fields, call);
        Head result = framing.head(received.getCode(), fields);
        answer = new AnswerBody(framing.open(on), framing.empty() ? 0 : Math.max(-1, framing.length()), call);
        reusable = framing.reusable() && !on.output().broken();
        return result;
    }

    @Override
    public InputStream body() {
        if (answer == null) {
            throw new IllegalStateException("no body before the head");
        }
        return answer;
    }

    @Override
    public HeaderFields trailers() {
        return answer == null ? HeaderFields.NONE : answer.trailers();
    }

    @Override
    public void cancel() {
        call.cancellation().cancel();
    }

    @Override
    public void close() {
        boolean own = call.cancellation().end();
        if (answer != null) {
            answer.close();
        }
        if (own && atEnd()) {
            giveBack();
        } else {
            drop();
        }
        if (entered) {
            entered = false;
            pool.leave();
        }
    }

    private boolean atEnd() {
        try {
            return reusable && answer != null && answer.complete() && connection != null && !connection.surplus();
        } catch (IOException e) {
            return false;
        }
    }

    private void giveBack() {
        UpstreamConnection done = connection;
        connection = null;
        if (done != null) {
            pool.giveBack(done);
        }
    }

    private void drop() {
        UpstreamConnection done = connection;
        connection = null;
        if (done != null) {
            done.abort();
        }
    }

    /** A body may close what it writes to; the connection stays open. */
    private static final class Uncloseable extends OutputStream {
        private final OutputStream out;

        Uncloseable(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }
    }
}
