package io.llmproxy.adapter.provider.support;

import static io.llmproxy.adapter.provider.support.HttpUpstreamTest.assertFails;
import static io.llmproxy.adapter.provider.support.TestUpstream.call;
import static io.llmproxy.adapter.provider.support.TestUpstream.post;
import static io.llmproxy.adapter.provider.support.TestUpstream.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Timeouts, cancel, and the bounds of the pool. */
class CallControlTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";

    private final FakeProvider fake =
            FakeProvider.start().on("/ok", Script.answer(200, "fine")).on("/silent", Script.silence());

    @AfterEach
    void tearDown() {
        fake.close();
    }

    @Test
    void waitsForTheFirstByteNoLongerThanItMay() {
        HttpUpstream upstream =
                TestUpstream.to(fake.port()).timeouts(8000, 200, 8000, 0).build();
        assertTakes(150, 7000, () -> assertFails(Kind.FIRST_BYTE_TIMEOUT, () -> post(upstream, "/silent")));
        assertThat(fake.requests()).as("not sent again: it may be at work").hasSize(1);
    }

    @Test
    void doesNotSendAgainAfterATimeoutOnAReusedConnection() throws Exception {
        HttpUpstream upstream =
                TestUpstream.to(fake.port()).timeouts(8000, 1500, 8000, 0).build();
        post(upstream, "/ok");
        assertFails(Kind.FIRST_BYTE_TIMEOUT, () -> post(upstream, "/silent"));
        assertThat(fake.requests()).hasSize(2);
    }

    @Test
    void waitsBetweenTwoBytesNoLongerThanItMay() {
        HttpUpstream upstream =
                TestUpstream.to(fake.port()).timeouts(8000, 8000, 200, 0).build();
        fake.on("/head", c -> c.write("HTTP/1.1 2").awaitClose());
        fake.on("/body", c -> c.head(200).chunk("abc").awaitClose());
        assertTakes(150, 7000, () -> assertFails(Kind.IDLE_TIMEOUT, () -> post(upstream, "/head")));
        assertTakes(150, 7000, () -> assertFails(Kind.IDLE_TIMEOUT, () -> post(upstream, "/body")));
    }

    @Test
    void givesTheWholeCallNoMoreThanItsTime() {
        HttpUpstream upstream =
                TestUpstream.to(fake.port()).timeouts(8000, 8000, 8000, 400).build();
        fake.on("/drip", c -> {
            c.head(200);
            for (int i = 0; i < 200; i++) {
                c.chunk("x").pause(20);
            }
        });
        fake.on("/drip-head", c -> c.trickle(OK + "X: " + "y".repeat(300), 20));
        assertTakes(350, 7000, () -> assertFails(Kind.TOTAL_TIMEOUT, () -> post(upstream, "/drip")));
        assertTakes(350, 7000, () -> assertFails(Kind.TOTAL_TIMEOUT, () -> post(upstream, "/drip-head")));
        assertTakes(350, 7000, () -> assertFails(Kind.TOTAL_TIMEOUT, () -> post(upstream, "/silent")));
    }

    @Test
    void givesUpAnUploadThatNobodyTakes() {
        fake.beforeBody(c -> c.pause(20_000));
        RequestBody huge = RequestBody.of(new byte[64 << 20]);
        HttpUpstream idle =
                TestUpstream.to(fake.port()).timeouts(8000, 8000, 200, 0).build();
        assertTakes(
                150,
                7000,
                () -> assertFails(
                        Kind.FIRST_BYTE_TIMEOUT, () -> read(idle.call("POST", "/ok", new HeaderFields(), huge))));
        HttpUpstream total =
                TestUpstream.to(fake.port()).timeouts(8000, 8000, 8000, 300).build();
        assertTakes(
                250,
                7000,
                () -> assertFails(Kind.TOTAL_TIMEOUT, () -> read(total.call("POST", "/ok", new HeaderFields(), huge))));
    }

    @Test
    void saysWhatFailedWhereNoConnectionIsMade() throws Exception {
        fake.close();
        assertFails(Kind.CONNECT, () -> post(TestUpstream.to(fake.port()).build(), "/ok"));
        HttpUpstream unknown = TestUpstream.to(1)
                .host("no.such.host")
                .resolver(host -> {
                    throw new UnknownHostException(host);
                })
                .build();
        assertFails(Kind.CONNECT, () -> post(unknown, "/ok"));
    }

    @Test
    void waitsForTheLookUpNoLongerThanForAConnection() {
        Gate gate = new Gate();
        HttpUpstream upstream = TestUpstream.to(fake.port())
                .host("slow.test")
                .resolver(host -> held(gate))
                .timeouts(200, 8000, 8000, 0)
                .build();
        assertTakes(150, 7000, () -> assertFails(Kind.CONNECT, () -> post(upstream, "/ok")));
        gate.open();
    }

    @Test
    void triesEveryAddressOfAName() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port())
                .host("up.test")
                .resolver(host -> addresses("127.0.0.9", "127.0.0.1"))
                .build();
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        assertThat(fake.lastRequest().header("host")).isEqualTo("up.test:" + fake.port());
    }

    @Test
    void connectsToNoAddressThatTheRuleRefuses() throws Exception {
        TestUpstream target = TestUpstream.to(fake.port())
                .host("up.test")
                .rule((address, port) -> address.getHostAddress().equals("127.0.0.1") ? "bad" : null);
        HttpUpstream bad = target.resolver(host -> addresses("127.0.0.1")).build();
        assertFails(Kind.FORBIDDEN_ADDRESS, () -> post(bad, "/ok"));
        HttpUpstream mixed =
                target.resolver(host -> addresses("127.0.0.1", "127.0.0.9")).build();
        assertFails(Kind.CONNECT, () -> post(mixed, "/ok"));
        assertThat(fake.connections()).isZero();
    }

    @Test
    void asksForTheNameAgainAtEveryConnect() throws Exception {
        List<String> answers = new ArrayList<>(List.of("127.0.0.1", "127.0.0.9"));
        HttpUpstream rebinding = TestUpstream.to(fake.port())
                .host("rebind.test")
                .resolver(host -> addresses(answers.removeFirst()))
                .rule((address, port) -> address.getHostAddress().equals("127.0.0.9") ? "bad" : null)
                .build();
        fake.on("/closing", c -> {
            c.answer(200, new byte[] {'x'}, "Connection", "close");
            c.close();
        });
        post(rebinding, "/closing");
        assertFails(Kind.FORBIDDEN_ADDRESS, () -> post(rebinding, "/ok"));
    }

    /** The quickest of five: a busy machine may hold up any one of them. */
    @Test
    void cancelEndsAWaitForTheHeadAtOnce() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        long quickest = Long.MAX_VALUE;
        for (int i = 1; i <= 5; i++) {
            ProviderCall call = call(upstream, "/silent");
            CompletableFuture<Long> ended = inBackground(() -> assertFails(Kind.CANCELLED, call::execute));
            fake.awaitRequests(i);
            long start = System.nanoTime();
            call.cancel();
            ended.get(20, TimeUnit.SECONDS);
            fake.awaitClosedByPeer(i);
            quickest = Math.min(quickest, millis(System.nanoTime() - start));
            call.close();
        }
        assertThat(quickest).isLessThan(1000);
    }

    @Test
    void cancelEndsAReadOfTheBodyAtOnce() throws Exception {
        fake.on("/body", c -> c.head(200).chunk("abc").awaitClose());
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        try (ProviderCall call = call(upstream, "/body")) {
            call.execute();
            assertThat(call.body().read(new byte[10])).isEqualTo(3);
            CompletableFuture<Long> ended = inBackground(
                    () -> assertFails(Kind.CANCELLED, () -> call.body().read(new byte[10])));
            long start = System.nanoTime();
            call.cancel();
            assertThat(millis(ended.get(20, TimeUnit.SECONDS) - start)).isLessThan(5000);
            assertFails(Kind.CANCELLED, () -> call.body().read(new byte[10]));
        }
        assertThat(upstream.idleConnections()).isZero();
    }

    @Test
    void cancelEndsALookUpAndAWaitForThePool() throws Exception {
        Gate gate = new Gate();
        Gate looking = new Gate();
        HttpUpstream slow = TestUpstream.to(fake.port())
                .host("slow.test")
                .resolver(host -> {
                    looking.open();
                    return held(gate);
                })
                .timeouts(20_000, 20_000, 20_000, 0)
                .maxConnections(1)
                .build();
        ProviderCall first = call(slow, "/ok");
        ProviderCall second = call(slow, "/ok");
        CompletableFuture<Long> lookup = inBackground(() -> assertFails(Kind.CANCELLED, first::execute));
        looking.await();
        CompletableFuture<Long> wait = inBackground(() -> assertFails(Kind.CANCELLED, second::execute));
        long start = System.nanoTime();
        second.cancel();
        assertThat(millis(wait.get(20, TimeUnit.SECONDS) - start)).isLessThan(5000);
        first.cancel();
        assertThat(millis(lookup.get(20, TimeUnit.SECONDS) - start)).isLessThan(5000);
        gate.open();
    }

    @Test
    void cancelBeforeTheStartSendsNothing() {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        try (ProviderCall call = call(upstream, "/ok")) {
            call.cancel();
            assertFails(Kind.CANCELLED, call::execute);
        }
        assertThat(fake.connections()).isZero();
    }

    @Test
    void cancelEndsAnUploadAtOnce() throws Exception {
        Gate gate = new Gate();
        Gate begun = new Gate();
        fake.beforeBody(c -> {
            begun.open();
            gate.await();
        });
        HttpUpstream upstream =
                TestUpstream.to(fake.port()).timeouts(20_000, 20_000, 20_000, 0).build();
        ProviderCall call = upstream.call("POST", "/ok", new HeaderFields(), RequestBody.of(new byte[64 << 20]));
        CompletableFuture<Long> ended = inBackground(() -> assertFails(Kind.CANCELLED, call::execute));
        begun.await();
        long start = System.nanoTime();
        call.cancel();
        assertThat(millis(ended.get(20, TimeUnit.SECONDS) - start)).isLessThan(5000);
        gate.open();
        call.close();
    }

    @Test
    void aLateCancelDoesNotHarmTheNextCall() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        ProviderCall first = call(upstream, "/ok");
        read(first);
        Gate answer = new Gate();
        fake.on("/held", c -> {
            answer.await();
            c.answer(200, new byte[] {'h'});
        });
        CompletableFuture<Long> second =
                inBackground(() -> assertThat(post(upstream, "/held").body()).isEqualTo("h"));
        fake.awaitRequests(2);
        first.cancel();
        first.close();
        answer.open();
        second.get(20, TimeUnit.SECONDS);
        assertThat(fake.connections())
                .as("it ran on the first call's connection")
                .isEqualTo(1);
    }

    @Test
    void readsNothingOfAnotherCallAfterItsEnd() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        fake.on("/long", Script.answer(200, "0123456789"));
        ProviderCall whole = call(upstream, "/ok");
        read(whole);
        assertThat(whole.body().read(new byte[10])).isEqualTo(-1);
        ProviderCall part = call(upstream, "/long");
        part.execute();
        part.close();
        assertFails(Kind.CANCELLED, () -> part.body().read(new byte[10]));
    }

    @Test
    void saysThatThePoolIsExhaustedAfterAWhile() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port())
                .maxConnections(1)
                .timeouts(1000, 8000, 8000, 0)
                .build();
        try (ProviderCall first = call(upstream, "/ok")) {
            first.execute();
            assertTakes(950, 7000, () -> assertFails(Kind.POOL_EXHAUSTED, () -> post(upstream, "/ok")));
        }
    }

    @Test
    void makesNoMoreConnectionsThanItMay() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port())
                .maxConnections(2)
                .timeouts(20_000, 20_000, 20_000, 0)
                .build();
        ProviderCall first = call(upstream, "/ok");
        ProviderCall second = call(upstream, "/ok");
        first.execute();
        second.execute();
        CompletableFuture<Long> third = inBackground(() -> post(upstream, "/ok"));
        first.body().readAllBytes();
        first.close();
        third.get(20, TimeUnit.SECONDS);
        second.close();
        second.close();
        assertThat(fake.connections()).isEqualTo(2);
        for (int i = 0; i < 5; i++) {
            assertFailsOrNot(upstream);
        }
        assertThat(post(upstream, "/ok").body()).as("every permit came back").isEqualTo("fine");
    }

    private void assertFailsOrNot(HttpUpstream upstream) {
        fake.on("/none", c -> c.close());
        assertFails(Kind.NO_ANSWER, () -> post(upstream, "/none"));
    }

    @Test
    void usesTheConnectionThatWasUsedLast() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        ProviderCall first = call(upstream, "/ok");
        ProviderCall second = call(upstream, "/ok");
        first.execute();
        second.execute();
        first.body().readAllBytes();
        second.body().readAllBytes();
        first.close();
        second.close();
        assertThat(upstream.idleConnections()).isEqualTo(2);
        for (int i = 0; i < 5; i++) {
            post(upstream, "/ok");
        }
        assertThat(fake.connections()).isEqualTo(2);
    }

    @Test
    void tellsWhetherTheRequestHasGoneOut() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        ProviderCall waiting = call(upstream, "/silent");
        CompletableFuture<Long> ended = inBackground(() -> {
            assertFails(Kind.CANCELLED, waiting::execute);
            assertThat(waiting.sent()).isTrue();
        });
        fake.awaitRequests(1);
        waiting.cancel();
        ended.get(20, TimeUnit.SECONDS);
        waiting.close();
        try (ProviderCall nowhere = call(TestUpstream.to(1).build(), "/ok")) {
            assertFails(Kind.CONNECT, nowhere::execute);
            assertThat(nowhere.sent()).isFalse();
        }
    }

    private static String postFor(UUID tenant, HttpUpstream upstream) throws Exception {
        return read(upstream.call(tenant, "POST", "/ok", new HeaderFields(), TestUpstream.body("{}")))
                .body();
    }

    @Test
    void tenantsShareNoConnection() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        UUID acme = UUID.randomUUID();
        UUID globex = UUID.randomUUID();
        for (int i = 0; i < 5; i++) {
            assertThat(postFor(acme, upstream)).isEqualTo("fine");
            assertThat(postFor(globex, upstream)).isEqualTo("fine");
            assertThat(post(upstream, "/ok").body()).as("of the installation").isEqualTo("fine");
        }
        assertThat(fake.connections()).isEqualTo(3);
        assertThat(upstream.idleConnections()).isEqualTo(3);
    }

    @Test
    void idleConnectionsOfOtherTenantsMakeRoom() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).maxConnections(2).build();
        for (int i = 0; i < 6; i++) {
            assertThat(postFor(UUID.randomUUID(), upstream)).isEqualTo("fine");
            assertThat(upstream.idleConnections()).isLessThanOrEqualTo(2);
        }
        assertThat(fake.connections()).isEqualTo(6);
        fake.awaitClosedByPeer(4);
    }

    @Test
    void closesIdleConnectionsInTheBackground() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).keepIdle(200).build();
        post(upstream, "/ok");
        fake.awaitClosedByPeer(1);
        assertThat(upstream.idleConnections()).isZero();
        post(upstream, "/ok");
        fake.awaitClosedByPeer(2);
    }

    @Test
    void closesItsConnectionsWhenRetired() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port()).build();
        ProviderCall running = call(upstream, "/ok");
        running.execute();
        post(upstream, "/ok");
        upstream.retire();
        fake.awaitClosedByPeer(1);
        assertThat(running.body().readAllBytes()).as("running calls go on").hasSize(4);
        running.close();
        fake.awaitClosedByPeer(2);
    }

    @Test
    void manyCallsAtOnceGetTheirOwnAnswers() throws Exception {
        HttpUpstream upstream = TestUpstream.to(fake.port())
                .maxConnections(20)
                .timeouts(60_000, 60_000, 60_000, 0)
                .build();
        for (int i = 0; i < 50; i++) {
            fake.on("/n" + i, Script.answer(200, "answer " + i));
        }
        List<CompletableFuture<Long>> calls = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int n = i % 50;
            calls.add(inBackground(
                    () -> assertThat(post(upstream, "/n" + n).body()).isEqualTo("answer " + n)));
        }
        for (CompletableFuture<Long> call : calls) {
            call.get(60, TimeUnit.SECONDS);
        }
        assertThat(fake.connections()).isLessThanOrEqualTo(20);
    }

    private static InetAddress[] held(Gate gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new InetAddress[0];
    }

    private static InetAddress[] addresses(String... literals) throws UnknownHostException {
        List<InetAddress> all = new ArrayList<>();
        for (String literal : literals) {
            all.addAll(List.of(InetAddress.getAllByName(literal)));
        }
        return all.toArray(InetAddress[]::new);
    }

    /** Completes with the moment at which the code ended, or with what it threw. */
    private static CompletableFuture<Long> inBackground(ThrowingCallable code) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                code.call();
                done.complete(System.nanoTime());
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }

    private static void assertTakes(long atLeast, long atMost, Runnable code) {
        long start = System.nanoTime();
        code.run();
        assertThat(millis(System.nanoTime() - start)).isBetween(atLeast, atMost);
    }
}
