package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** What a client would have seen, and in which order. */
final class RecordingSink implements ResponseSink {
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CountDownLatch head = new CountDownLatch(1);
    private volatile int status;
    private long contentLength;
    private HeaderFields headers = new HeaderFields();
    private HeaderFields trailers = HeaderFields.NONE;
    private @Nullable ProxyError error;
    private int failingWrite = -1;

    /** The write of that number, counted from 0, finds the client gone. */
    RecordingSink failingAtWrite(int number) {
        failingWrite = number;
        return this;
    }

    void note(String call) {
        calls.add(call);
    }

    @Override
    public void head(int newStatus, HeaderFields newHeaders, long length) {
        calls.add("head");
        status = newStatus;
        headers = newHeaders;
        contentLength = length;
        head.countDown();
    }

    @Override
    public void write(byte[] in, int offset, int length) throws IOException {
        if (failingWrite-- == 0) {
            throw new IOException("broken pipe");
        }
        calls.add("write");
        bytes.write(in, offset, length);
    }

    @Override
    public void flush() {
        calls.add("flush");
    }

    @Override
    public void end(HeaderFields sent) {
        calls.add("end");
        trailers = sent;
    }

    @Override
    public void fail(ProxyError reason, HeaderFields added) {
        boolean replaced = !started();
        calls.add("fail");
        error = reason;
        if (replaced) {
            status = reason.status();
            headers = added;
        }
    }

    @Override
    public boolean started() {
        return calls.contains("flush") || calls.contains("end");
    }

    @Override
    public long bytesWritten() {
        return bytes.size();
    }

    void awaitHead() throws InterruptedException {
        head.await();
    }

    List<String> calls() {
        return List.copyOf(calls);
    }

    int status() {
        return status;
    }

    long contentLength() {
        return contentLength;
    }

    @Nullable
    String header(String name) {
        return headers.first(name).orElse(null);
    }

    HeaderFields headers() {
        return headers;
    }

    HeaderFields trailers() {
        return trailers;
    }

    String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    ProxyError error() {
        if (error == null) {
            throw new AssertionError("no error; status " + status + ", calls " + calls);
        }
        return error;
    }

    /** {@code status type/code} of the refusal. */
    String refusal() {
        return error().status() + " " + error().type() + "/" + error().code();
    }

    boolean failed() {
        return error != null;
    }
}
