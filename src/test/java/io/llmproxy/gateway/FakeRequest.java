package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A client's request, written down. */
final class FakeRequest implements ClientRequest {
    private final String method;
    private final String path;
    private @Nullable String query;
    private final HeaderFields headers = new HeaderFields();
    private byte[] address = {127, 0, 0, 1};
    private long contentLength;
    private InputStream body = InputStream.nullInputStream();
    private boolean gone;
    private boolean bodyTouched;
    private volatile @Nullable Runnable onGone;
    private final CountDownLatch watched = new CountDownLatch(1);

    FakeRequest(String method, String path) {
        this.method = method;
        this.path = path;
    }

    static FakeRequest get(String path) {
        return new FakeRequest("GET", path);
    }

    static FakeRequest post(String path, String json) {
        return new FakeRequest("POST", path)
                .header("Content-Type", "application/json")
                .body(json.getBytes(StandardCharsets.UTF_8));
    }

    FakeRequest header(String name, String value) {
        headers.add(name, value);
        return this;
    }

    FakeRequest key(String secret) {
        return header("Authorization", "Bearer " + secret);
    }

    FakeRequest query(String text) {
        query = text;
        return this;
    }

    /** @param bytes 4 or 16 */
    FakeRequest from(int... bytes) {
        address = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            address[i] = (byte) bytes[i];
        }
        return this;
    }

    FakeRequest body(byte[] bytes) {
        contentLength = bytes.length;
        body = new ByteArrayInputStream(bytes);
        return this;
    }

    FakeRequest body(InputStream in, long length) {
        contentLength = length;
        body = in;
        return this;
    }

    FakeRequest chunked() {
        contentLength = -1;
        return this;
    }

    FakeRequest thatIsGone() {
        gone = true;
        return this;
    }

    /** Waits until the request is watched, which is when a provider is called. */
    void awaitWatch() throws InterruptedException {
        watched.await();
    }

    /** Waits for the watch, then goes away. */
    void leave() throws InterruptedException {
        watched.await();
        Runnable action = onGone;
        if (action != null) {
            action.run();
        }
    }

    boolean bodyTouched() {
        return bodyTouched;
    }

    boolean stillWatched() {
        return onGone != null;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String query() {
        return query;
    }

    @Override
    public HeaderFields headers() {
        return headers;
    }

    @Override
    public byte[] clientAddress() {
        return address;
    }

    @Override
    public long contentLength() {
        return contentLength;
    }

    @Override
    public InputStream body() {
        bodyTouched = true;
        return body;
    }

    @Override
    public Watch watch(Runnable action) {
        onGone = action;
        watched.countDown();
        return () -> onGone = null;
    }

    @Override
    public boolean gone() {
        return gone;
    }
}
