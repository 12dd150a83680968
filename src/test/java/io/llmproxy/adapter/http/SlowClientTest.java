package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Clients that take their time, each with its bound. */
@Timeout(60)
class SlowClientTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final String HEAD = "GET /v1/a HTTP/1.1\r\nHost: a\r\nX-A: ";
    private static final String POST = "POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void tearDown() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void aHeadThatStopsIsAnswered408() throws Exception {
        ScriptedGateway gateway = gateway(head(SHORT));
        RawClient client = client(gateway).send(HEAD);
        assertTooSlow(client);
        assertThat(gateway.refused()).singleElement().satisfies(told -> {
            assertThat(told.status()).isEqualTo(408);
            assertThat(told.method() + told.path()).isEqualTo("--");
        });
        assertServes(gateway);
    }

    @Test
    void aHeadThatTricklesIsAnswered408AllTheSame() throws Exception {
        ScriptedGateway gateway = gateway(head(SHORT));
        RawClient client = client(gateway).send(HEAD);
        Thread trickle = Thread.ofVirtual().start(() -> trickle(client, 20, Integer.MAX_VALUE));
        assertTooSlow(client);
        trickle.join();
        assertServes(gateway);
    }

    @Test
    void theHeadOfALaterRequestHasItsOwnTime() throws Exception {
        ScriptedGateway gateway = gateway(head(Duration.ofSeconds(2)));
        RawClient client = client(gateway);
        for (int i = 0; i < 5; i++) {
            TimeUnit.MILLISECONDS.sleep(450); // together longer than one head may take
            assertThat(client.get("/v1/" + i).answer().status()).isEqualTo(200);
        }
        assertTooSlow(client.send(HEAD));
    }

    @Test
    void theRestOfAPacketThatBeginsAHeadIsBoundedToo() throws Exception {
        ScriptedGateway gateway = gateway(head(SHORT));
        RawClient client = client(gateway).send("GET /v1/one HTTP/1.1\r\nHost: a\r\n\r\n" + HEAD);
        assertThat(client.answer().body()).startsWith("GET /v1/one");
        assertTooSlow(client);
    }

    @Test
    void aConnectionOnWhichNothingComesIsClosedQuietly() throws Exception {
        assertThat(client(gateway(head(SHORT))).rest()).isEmpty();
    }

    @Test
    void anIdleConnectionIsClosedQuietly() throws Exception {
        RawClient client = client(gateway(new ClientPatience(LONG, SHORT, 0, LONG, LONG)));
        assertThat(client.get("/v1/a").answer().status()).isEqualTo(200);
        assertThat(client.rest()).isEmpty();
    }

    @Test
    void aBodyBelowTheRateIsGivenUp() throws Exception {
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        ScriptedGateway gateway = gateway(body(1000, SHORT)).serving((request, sink) -> {
            try {
                request.body().readAllBytes();
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        RawClient client = client(gateway).send(POST);
        Thread trickle = Thread.ofVirtual().start(() -> trickle(client, 20, Integer.MAX_VALUE));
        assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
        trickle.join();
    }

    @Test
    void aBodyAboveTheRateIsServedHoweverLongItTakes() throws Exception {
        RawClient client = client(gateway(body(1, Duration.ofSeconds(5)))).send(POST.replace("1000", "50"));
        trickle(client, 20, 50);
        assertThat(client.answer().body()).endsWith("x".repeat(50));
    }

    @Test
    void aRateOfNothingTurnsItOff() throws Exception {
        RawClient client = client(gateway(body(0, Duration.ofMillis(1)))).send(POST.replace("1000", "20"));
        trickle(client, 20, 20);
        assertThat(client.answer().body()).endsWith("x".repeat(20));
    }

    @Test
    void onlyTheTimeInWhichABodyIsWaitedForCounts() {
        ClientPatience patience = body(1000, Duration.ofSeconds(10));
        BodyPace pace = new BodyPace();
        pace.start();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(3600))).isFalse();
        pace.begin();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(9))).isFalse();
        pace.end(9_999);
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(3600))).isFalse();
        pace.begin();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(9))).isFalse();
        assertThat(pace.givenUp()).isFalse();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(11))).isTrue();
        assertThat(pace.givenUp()).isTrue();
    }

    @Test
    void whatWasHereCountsAndTakesNoTime() {
        ClientPatience patience = body(1000, Duration.ofSeconds(10));
        BodyPace pace = new BodyPace();
        pace.start();
        pace.begin();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(9))).isFalse();
        pace.end(1);
        pace.here(10_000);
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(3600))).isFalse();
        pace.begin();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(9))).isFalse();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(11))).isTrue();
    }

    @Test
    void aWindowThatBroughtEnoughIsFollowedByANewOne() {
        ClientPatience patience = body(1000, Duration.ofSeconds(10));
        BodyPace pace = new BodyPace();
        pace.start();
        pace.begin();
        pace.end(10_000);
        pace.begin();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(9))).isFalse();
        pace.end(10_000);
        pace.begin();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(9))).isFalse();
        assertThat(pace.giveUp(patience, System.nanoTime() + seconds(11))).isTrue();
    }

    @Test
    @ResourceLock("heap")
    void clientsThatDoNotReadCostNoMemory() throws Exception {
        int clients = 20;
        int pieces = 200;
        byte[] piece = new byte[1 << 20];
        AtomicLong writes = new AtomicLong();
        AtomicInteger ended = new AtomicInteger();
        ScriptedGateway gateway = gateway(ClientPatience.DEFAULT).serving((request, sink) -> {
            sink.head(200, new HeaderFields(), -1);
            for (int i = 0; i < pieces; i++) {
                sink.write(piece, 0, piece.length);
                writes.incrementAndGet();
            }
            ended.incrementAndGet();
        });
        long before = heap();
        for (int i = 0; i < clients; i++) {
            client(gateway).get("/v1/a");
        }
        awaitStandstill(writes, clients);
        assertThat(ended).hasValue(0);
        assertThat(heap() - before).isLessThan(clients * (1L << 20));
    }

    private static void awaitStandstill(AtomicLong count, int atLeast) throws InterruptedException {
        long before = -1;
        while (count.get() < atLeast || count.get() != before) {
            before = count.get();
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void assertTooSlow(RawClient client) throws IOException {
        RawClient.Answer answer = client.answer();
        assertThat(answer.status()).isEqualTo(408);
        assertThat(answer.field("Connection")).isEqualTo("close");
        assertThat(answer.field("x-request-id")).hasSize(36);
        assertThat(answer.body()).contains("\"timeout_error\"", "\"request_timeout\"");
        assertThat(ends(client)).isTrue();
    }

    private static boolean ends(RawClient client) {
        try {
            return client.rest().isEmpty();
        } catch (IOException e) {
            return true; // by the reset that its own late bytes cause
        }
    }

    private static void assertServes(ScriptedGateway gateway) throws IOException {
        assertThat(gateway.reached()).isZero();
        try (RawClient next = gateway.connect()) {
            assertThat(next.get("/v1/next").answer().status()).isEqualTo(200);
        }
    }

    /** Sends one byte after the other until the connection breaks or {@code count} are out. */
    private static void trickle(RawClient client, int pauseMillis, int count) {
        try {
            for (int i = 0; i < count; i++) {
                TimeUnit.MILLISECONDS.sleep(pauseMillis);
                client.send("x");
            }
        } catch (IOException e) {
            return; // the server has closed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ScriptedGateway gateway(ClientPatience patience) throws IOException {
        ScriptedGateway gateway = new ScriptedGateway(Duration.ofSeconds(2), patience);
        opened.add(gateway);
        return gateway;
    }

    private RawClient client(ScriptedGateway gateway) throws IOException {
        RawClient client = gateway.connect();
        opened.add(client);
        return client;
    }

    private static ClientPatience head(Duration limit) {
        return new ClientPatience(limit, LONG, 0, LONG, LONG);
    }

    private static ClientPatience body(long rate, Duration window) {
        return new ClientPatience(LONG, LONG, rate, window, LONG);
    }

    private static long seconds(int count) {
        return TimeUnit.SECONDS.toNanos(count);
    }
}
