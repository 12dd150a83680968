package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A provider that answers as it is told. */
final class ScriptedProvider implements Provider {
    /** What is answered to one call. */
    static final class Script {
        private int status = 200;
        private final HeaderFields headers = new HeaderFields();
        private long length = -1;
        private final Deque<byte[]> pieces = new ArrayDeque<>();
        private @Nullable Kind failsBeforeHead;
        private @Nullable Kind failsAtEnd;
        private boolean hangsBeforeHead;
        private boolean hangsAtEnd;

        static Script json(String body) {
            Script script =
                    new Script().header("Content-Type", "application/json").piece(body);
            script.length = body.getBytes(StandardCharsets.UTF_8).length;
            return script;
        }

        static Script events(String... pieces) {
            Script script = new Script().header("Content-Type", "text/event-stream");
            for (String piece : pieces) {
                script.piece(piece);
            }
            return script;
        }

        Script status(int code) {
            status = code;
            return this;
        }

        Script header(String name, String value) {
            headers.add(name, value);
            return this;
        }

        Script piece(String text) {
            return piece(text.getBytes(StandardCharsets.UTF_8));
        }

        Script piece(byte[] bytes) {
            if (bytes.length > 0) {
                pieces.add(bytes);
            }
            return this;
        }

        Script length(long bytes) {
            length = bytes;
            return this;
        }

        Script failsBeforeHead(Kind kind) {
            failsBeforeHead = kind;
            return this;
        }

        Script failsAtEnd(Kind kind) {
            failsAtEnd = kind;
            return this;
        }

        Script hangsBeforeHead() {
            hangsBeforeHead = true;
            return this;
        }

        Script hangsAtEnd() {
            hangsAtEnd = true;
            return this;
        }
    }

    /** What was asked. */
    record Asked(UpstreamRequest request, String body) {
        String path() {
            return request.path();
        }

        HeaderFields headers() {
            return request.headers();
        }
    }

    private final ProviderAccount account;
    private volatile Function<UpstreamRequest, Script> answers = r -> Script.json("{}");
    private volatile @Nullable String fault;
    private final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger cancelled = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    ScriptedProvider(ProviderAccount account) {
        this.account = account;
    }

    ScriptedProvider answers(Function<UpstreamRequest, Script> script) {
        answers = script;
        return this;
    }

    void fault(@Nullable String text) {
        fault = text;
    }

    List<Asked> asked() {
        return asked;
    }

    Asked last() {
        return asked.getLast();
    }

    int cancelled() {
        return cancelled.get();
    }

    int closed() {
        return closed.get();
    }

    @Override
    public ProviderAccount account() {
        return account;
    }

    @Override
    public @Nullable String fault() {
        return fault;
    }

    @Override
    public ProviderCall call(UpstreamRequest request) {
        return new Call(request);
    }

    @Override
    public void retire() {}

    private final class Call implements ProviderCall {
        private final UpstreamRequest request;
        private final CountDownLatch cancel = new CountDownLatch(1);
        private @Nullable Script script;

        Call(UpstreamRequest request) {
            this.request = request;
        }

        @Override
        public Head execute() throws UpstreamException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            try {
                request.body().writeTo(body);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            if (body.size() != request.body().length()) {
                throw new AssertionError("length " + request.body().length() + ", bytes " + body.size());
            }
            asked.add(new Asked(request, body.toString(StandardCharsets.UTF_8)));
            Script next = answers.apply(request);
            script = next;
            if (cancel.getCount() == 0 || next.hangsBeforeHead) {
                awaitCancel();
            }
            if (next.failsBeforeHead != null) {
                throw new UpstreamException(next.failsBeforeHead, "scripted secret detail 10.0.0.1", null);
            }
            return new Head(next.status, next.headers, next.length);
        }

        @Override
        public boolean sent() {
            return script != null && script.failsBeforeHead != Kind.CONNECT;
        }

        private void awaitCancel() throws UpstreamException {
            try {
                cancel.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            throw new UpstreamException(Kind.CANCELLED, "cancelled", null);
        }

        @Override
        public InputStream body() {
            Script played = script;
            if (played == null) {
                throw new AssertionError("body before execute");
            }
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    byte[] piece = played.pieces.poll();
                    if (piece == null) {
                        return atEnd(played);
                    }
                    int n = Math.min(length, piece.length);
                    System.arraycopy(piece, 0, into, offset, n);
                    if (n < piece.length) {
                        played.pieces.addFirst(java.util.Arrays.copyOfRange(piece, n, piece.length));
                    }
                    return n;
                }
            };
        }

        private int atEnd(Script played) throws UpstreamException {
            if (played.hangsAtEnd) {
                awaitCancel();
            }
            if (played.failsAtEnd != null) {
                throw new UpstreamException(played.failsAtEnd, "scripted", null);
            }
            return -1;
        }

        @Override
        public void cancel() {
            cancelled.incrementAndGet();
            cancel.countDown();
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }
}
