package io.llmproxy.gateway.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ResponseSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KeepAliveSinkTest {
    private static final String COMMENT = ": keep-alive\n\n";

    /** Never due by itself: the test decides. */
    private final SilenceWatch watch = new SilenceWatch(Duration.ofDays(1));

    private final Client client = new Client();
    private final AtomicInteger lost = new AtomicInteger();
    private final KeepAliveSink sink = new KeepAliveSink(client, watch, lost::incrementAndGet);

    /** What a client got; it may refuse, or take its time, and fails the test where two write at once. */
    private static final class Client implements ResponseSink {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final AtomicBoolean busy = new AtomicBoolean();
        final AtomicInteger collisions = new AtomicInteger();
        final CountDownLatch entered = new CountDownLatch(1);
        volatile boolean gone;
        volatile CountDownLatch reads = new CountDownLatch(0);

        @Override
        public void head(int status, HeaderFields headers, long contentLength) {}

        @Override
        public void write(byte[] in, int offset, int length) throws IOException {
            if (!busy.compareAndSet(false, true)) {
                collisions.incrementAndGet();
            }
            entered.countDown();
            try {
                reads.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (gone) {
                throw new IOException("broken pipe");
            }
            bytes.write(in, offset, length);
            busy.set(false);
        }

        @Override
        public void flush() {}

        @Override
        public void end(HeaderFields trailers) {}

        @Override
        public void fail(ProxyError error, HeaderFields headers) {}

        @Override
        public boolean started() {
            return true;
        }

        @Override
        public long bytesWritten() {
            return bytes.size();
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    private void head(String... fields) throws IOException {
        sink.head(200, HeaderFields.of(fields), -1);
    }

    private void write(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        sink.write(bytes, 0, bytes.length);
    }

    @Test
    void commentsBetweenEventsAndNeverWithinOne() throws IOException {
        head("content-type", "text/event-stream; charset=utf-8");
        assertThat(sink.comment()).as("before the first event").isTrue();
        for (String whole :
                List.of("data: 1\n\n", "data: 1\r\n\r\n", "data: 1\r\r", "data: 1\r\n\n", ": x\n\r\n", "\n\n")) {
            write(whole);
            assertThat(sink.comment()).as("after " + whole).isTrue();
            for (int i = 1; i < whole.length() - 1 && !whole.equals("\n\n"); i++) {
                write(whole.substring(0, i));
                assertThat(sink.comment()).as("within " + whole + " at " + i).isFalse();
                write(whole.substring(i));
                assertThat(sink.comment()).isTrue();
            }
        }
        write("data: 1\n");
        assertThat(sink.comment()).as("after one of two line ends").isFalse();
        write("\n");
        assertThat(sink.comment()).isTrue();
        assertThat(client.text()).startsWith(COMMENT + "data: 1\n\n" + COMMENT);
        sink.close();
        assertThat(sink.comment()).as("after the end").isFalse();
    }

    @Test
    void answersThatAreNoPlainEventStreamAreLeftAlone() throws IOException {
        record Case(int status, HeaderFields fields, long length) {}
        String type = "text/event-stream";
        for (Case c : List.of(
                new Case(200, HeaderFields.of("content-type", "application/json"), -1),
                new Case(200, HeaderFields.of(), -1),
                new Case(200, HeaderFields.of("content-type", type, "content-encoding", "gzip"), -1),
                new Case(200, HeaderFields.of("content-type", type), 100),
                new Case(500, HeaderFields.of("content-type", type), -1))) {
            KeepAliveSink other = new KeepAliveSink(client, watch, lost::incrementAndGet);
            other.head(c.status, c.fields, c.length);
            assertThat(other.comment()).as(c.toString()).isFalse();
            other.close();
        }
        assertThat(client.text()).isEmpty();
    }

    @Test
    void aCommentThatFailsTellsThatTheClientIsGoneOnce() throws IOException {
        head("content-type", "text/event-stream", "content-encoding", "identity");
        client.gone = true;
        assertThat(sink.comment()).isFalse();
        assertThat(lost).hasValue(1);
        assertThat(sink.comment()).isFalse();
        assertThat(lost).hasValue(1);
        sink.close();
    }

    @Test
    void theRelayWaitsForACommentThatTheClientDoesNotRead() throws Exception {
        head("content-type", "text/event-stream");
        client.reads = new CountDownLatch(1);
        assertThat(sink.claim()).isTrue();
        Thread comment = Thread.ofVirtual().start(sink::comment);
        assertThat(client.entered.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(sink.claim()).as("a second comment").isFalse();
        Thread relay = Thread.ofVirtual().start(() -> {
            try {
                write("data: 1\n\n");
                sink.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        client.reads.countDown();
        assertThat(comment.join(Duration.ofSeconds(30))).isTrue();
        assertThat(relay.join(Duration.ofSeconds(30))).isTrue();
        assertThat(client.text()).isEqualTo(COMMENT + "data: 1\n\n");
        assertThat(client.collisions).hasValue(0);
    }

    @Test
    void commentsOnAnotherThreadNeverTouchAnEvent() throws Exception {
        head("content-type", "text/event-stream");
        AtomicBoolean done = new AtomicBoolean();
        Thread commenter = Thread.ofPlatform().start(() -> {
            while (!done.get()) {
                sink.comment();
            }
        });
        int events = 2000;
        for (int i = 0; i < events; i++) {
            write("data: {\"n\":");
            write(i + "}\n");
            write("\n");
        }
        done.set(true);
        commenter.join();
        sink.close();
        assertThat(client.collisions).hasValue(0);
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < events; i++) {
            expected.append("data: {\"n\":").append(i).append("}\n\n");
        }
        assertThat(client.text().replace(COMMENT, "")).isEqualTo(expected.toString());
    }
}
