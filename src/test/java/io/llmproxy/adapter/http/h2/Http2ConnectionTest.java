package io.llmproxy.adapter.http.h2;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no decent client sends, and what only frames show. */
@Timeout(60)
class Http2ConnectionTest {
    private static final HeaderFields NONE = new HeaderFields();

    private interface Script {
        void serve(Http2Stream stream) throws IOException, InterruptedException;
    }

    private static Consumer<Http2Stream> serving(Script script) {
        return stream -> {
            try {
                script.serve(stream);
            } catch (IOException e) {
                stream.reset(ErrorCode.CANCEL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    private static Consumer<Http2Stream> answering(int length) {
        return serving(stream -> stream.send(200, NONE, new byte[length], 0, length, true));
    }

    private static int code(Frame goAway) {
        return goAway.int31(4);
    }

    @Test
    void sendsNoMoreThanTheStreamsWindowAllows() throws Exception {
        try (FrameClient client = FrameClient.greeted(answering(25), 4, 10)) {
            client.request(1, true);
            client.next(Frame.HEADERS);
            assertThat(client.next(Frame.DATA).payload()).hasSize(10);
            client.window(1, 10);
            assertThat(client.next(Frame.DATA).payload()).hasSize(10);
            client.window(1, 100);
            Frame last = client.next(Frame.DATA);
            assertThat(last.payload()).hasSize(5);
            assertThat(last.has(Frame.END_STREAM)).isTrue();
        }
    }

    @Test
    void sendsNoMoreOnAllStreamsThanTheConnectionsWindowAllows() throws Exception {
        try (FrameClient client = FrameClient.greeted(answering(30_000), 4, 1_000_000)) {
            for (int stream = 1; stream <= 19; stream += 2) {
                client.request(stream, true);
            }
            int sent = 0;
            while (sent < 65_535) {
                sent += client.await(Frame.DATA).payload().length;
            }
            assertThat(sent).isEqualTo(65_535);
            client.window(0, 1_000_000);
            while (sent < 300_000) {
                sent += client.await(Frame.DATA).payload().length;
            }
            assertThat(sent).isEqualTo(300_000);
        }
    }

    @Test
    void whatFollowsTheBodyIsKnownWhenItHasBeenRead() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (FrameClient client = FrameClient.greeted(serving(stream -> {
            String body = new String(stream.body().readAllBytes(), StandardCharsets.UTF_8);
            seen.complete(body + " " + stream.requestTrailers().first("x-sum").orElse("none"));
            stream.head(204, NONE, true);
        }))) {
            client.request(1, false).frame(Frame.DATA, 0, 1, "body".getBytes(StandardCharsets.UTF_8));
            client.trailers(1, true, "x-sum", "1");
            client.next(Frame.HEADERS);
            assertThat(seen.get(30, TimeUnit.SECONDS)).isEqualTo("body 1");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMalformedEndOfARequestIsAFaultOfItsStreamAlone(boolean pseudo) throws Exception {
        CompletableFuture<String> failure = new CompletableFuture<>();
        try (FrameClient client = FrameClient.greeted(serving(stream -> {
            try {
                stream.body().readAllBytes();
                stream.head(204, NONE, true);
            } catch (IOException e) {
                failure.complete(String.valueOf(e.getMessage()));
            }
        }))) {
            client.request(1, false);
            if (pseudo) {
                // entry 4 of the table that every client has: the path "/"
                client.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, new byte[] {(byte) 0x84});
            } else {
                client.trailers(1, false, "x-sum", "1");
            }
            Frame reset = client.await(Frame.RST_STREAM);
            assertThat(reset.stream()).isEqualTo(1);
            assertThat(reset.int31(0)).isEqualTo(ErrorCode.PROTOCOL_ERROR.number());
            assertThat(failure.get(30, TimeUnit.SECONDS)).contains("malformed");
            client.request(3, true);
            assertThat(client.await(Frame.HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void aResetOfAnAnsweredStreamLeavesOthersAlone() throws Exception {
        CountDownLatch finish = new CountDownLatch(1);
        Script script = stream -> {
            if (stream.head().path().equals("/v1/3")) {
                finish.await();
            }
            stream.head(204, NONE, true);
        };
        try (FrameClient client = FrameClient.greeted(serving(script))) {
            client.request(1, true);
            assertThat(client.next(Frame.HEADERS).stream()).isEqualTo(1);
            client.request(3, true).reset(1).window(1, 5);
            finish.countDown();
            assertThat(client.next(Frame.HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void oneStreamTooManyIsRefusedAloneAndMayBeSentAgain() throws Exception {
        CountDownLatch finish = new CountDownLatch(1);
        try (FrameClient client = FrameClient.greeted(serving(stream -> {
            finish.await();
            stream.head(204, NONE, true);
        }))) {
            for (int stream = 1; stream <= 513; stream += 2) {
                client.request(stream, true);
            }
            Frame refused = client.next(Frame.RST_STREAM);
            assertThat(refused.stream()).isEqualTo(513);
            assertThat(refused.int31(0)).isEqualTo(ErrorCode.REFUSED_STREAM.number());
            finish.countDown();
            for (int i = 0; i < 256; i++) {
                client.next(Frame.HEADERS);
            }
        }
    }

    @Test
    void requestsThatAreCancelledAsSoonAsTheyAreSentEndTheConnection() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (FrameClient client = FrameClient.greeted(serving(stream -> {
            stream.onGone(never::countDown);
            while (!stream.gone()) {
                Thread.sleep(1);
            }
        }))) {
            for (int i = 0; i < 300; i++) {
                client.request(2 * i + 1, true).reset(2 * i + 1);
            }
            Frame goAway = client.await(Frame.GOAWAY);
            assertThat(code(goAway)).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM.number());
            assertThat(goAway.int31(0)).isPositive();
            assertThat(client.ended()).isTrue();
        }
    }

    @Test
    void aBodyOfAnotherLengthThanDeclaredFailsItsStreamAlone() throws Exception {
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        try (FrameClient client = FrameClient.greeted(serving(stream -> {
            try {
                stream.body().readAllBytes();
            } catch (IOException e) {
                failure.complete(e);
                throw e;
            }
            stream.head(204, NONE, true);
        }))) {
            client.request(1, false, "content-length", "5").frame(Frame.DATA, Frame.END_STREAM, 1, new byte[3]);
            assertThat(client.next(Frame.RST_STREAM).stream()).isEqualTo(1);
            assertThat(failure.get(10, TimeUnit.SECONDS)).hasMessageContaining("Content-Length");
            client.request(3, false, "content-length", "5").frame(Frame.DATA, Frame.END_STREAM, 3, new byte[5]);
            assertThat(client.next(Frame.HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void aClientThatGoesOnWithABodyNobodyReadsIsToldToStop() throws Exception {
        try (FrameClient client = FrameClient.greeted(answering(0))) {
            client.request(1, false).frame(Frame.DATA, 0, 1, new byte[100]);
            assertThat(client.next(Frame.HEADERS).has(Frame.END_STREAM)).isTrue();
            // the answer may have come before the gateway was done with the request, so one sweep is not enough
            Thread sweeping = Thread.startVirtualThread(() -> {
                while (!Thread.interrupted()) {
                    client.connection().sweep(System.nanoTime() + TimeUnit.MINUTES.toNanos(1));
                    LockSupport.parkNanos(1_000_000);
                }
            });
            Frame reset = client.await(Frame.RST_STREAM);
            sweeping.interrupt();
            sweeping.join();
            assertThat(reset.int31(0)).isEqualTo(ErrorCode.NO_ERROR.number());
            // what was on its way is dropped, and the connection goes on
            client.frame(Frame.DATA, 0, 1, new byte[100]).request(3, true);
            assertThat(client.next(Frame.HEADERS).stream()).isEqualTo(3);
        }
    }

    @Test
    void aHeadLongerThanAFrameGoesOnInContinuations() throws Exception {
        HeaderFields fields = HeaderFields.of("x-long", "v".repeat(40_000));
        try (FrameClient client = FrameClient.greeted(serving(stream -> stream.head(200, fields, true)))) {
            client.request(1, true);
            assertThat(client.next(Frame.HEADERS).has(Frame.END_HEADERS)).isFalse();
            assertThat(client.next(Frame.CONTINUATION).has(Frame.END_HEADERS)).isFalse();
            assertThat(client.next(Frame.CONTINUATION).has(Frame.END_HEADERS)).isTrue();
        }
    }

    @Test
    void stoppingAsksForNoMoreServesWhatCameMeanwhileAndThenIsFinished() throws Exception {
        CountDownLatch finish = new CountDownLatch(1);
        try (FrameClient client = FrameClient.greeted(serving(stream -> {
            finish.await();
            stream.head(204, NONE, true);
        }))) {
            client.request(1, true);
            client.connection().stop();
            assertThat(client.next(Frame.GOAWAY).int31(0)).isEqualTo(Integer.MAX_VALUE);
            Frame ping = client.next(Frame.PING);
            client.request(3, true).frame(Frame.PING, Frame.ACK, 0, ping.payload());
            Frame last = client.next(Frame.GOAWAY);
            assertThat(last.int31(0)).isEqualTo(3);
            assertThat(code(last)).isZero();
            client.request(5, true);
            long later = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            assertThat(client.connection().finished(later)).isFalse();
            finish.countDown();
            client.next(Frame.HEADERS);
            client.next(Frame.HEADERS);
            Eventually.holds(
                    "the connection is finished", () -> client.connection().finished(later));
            assertThat(client.within(Duration.ofMillis(50))).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        // type, flags, stream, length of the payload, error
        "0, 0, 5, 10, PROTOCOL_ERROR", // a body without a head
        "0, 8, 1, 0, PROTOCOL_ERROR", // padding longer than the frame
        "1, 4, 2, 3, PROTOCOL_ERROR", // a stream of the server's
        "1, 4, 7, 3, COMPRESSION_ERROR", // an index beyond the tables
        "3, 0, 9, 4, PROTOCOL_ERROR", // the end of what never began
        "4, 0, 0, 5, FRAME_SIZE_ERROR",
        "5, 0, 1, 8, PROTOCOL_ERROR", // a push
        "6, 0, 0, 7, FRAME_SIZE_ERROR",
        "8, 0, 0, 4, FLOW_CONTROL_ERROR", // a window that grows by nothing
        "9, 4, 1, 3, PROTOCOL_ERROR", // the rest of no head
    })
    void whoBreaksTheProtocolIsToldHowAndIsServedNoMore(int type, int flags, int stream, int length, ErrorCode error)
            throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        try (FrameClient client = FrameClient.greeted(serving(running -> {
            running.onGone(gone::countDown);
            gone.await();
        }))) {
            byte[] payload = new byte[length];
            if (type == Frame.HEADERS) {
                java.util.Arrays.fill(payload, (byte) 0xFE);
            }
            client.request(1, false).frame(type, flags, stream, payload);
            Frame goAway = client.await(Frame.GOAWAY);
            assertThat(code(goAway)).isEqualTo(error.number());
            assertThat(goAway.int31(0)).isEqualTo(1);
            assertThat(client.ended()).isTrue();
            assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whoIsNoClientOfHttp2IsToldSo() throws Exception {
        try (FrameClient client = new FrameClient(Duration.ofSeconds(1), answering(0))) {
            client.bytes(
                    "GET / HTTP/1.1\r\nHost: gateway\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(code(client.await(Frame.GOAWAY))).isEqualTo(ErrorCode.PROTOCOL_ERROR.number());
        }
    }

    @Test
    void aFrameThatIsTooLargeEndsTheConnection() throws Exception {
        try (FrameClient client = FrameClient.greeted(answering(0))) {
            client.request(1, false).frame(Frame.DATA, 0, 1, new byte[Frame.MAX_PAYLOAD + 1]);
            assertThat(code(client.await(Frame.GOAWAY))).isEqualTo(ErrorCode.FRAME_SIZE_ERROR.number());
        }
    }
}
