package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore.Asker;
import io.llmproxy.testing.Hiccups;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TcpGate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Servers that take over, answer that they are not the right one, die and stand still under load. */
class RedisFailoverTest {
    private static final Limit REQUESTS = limit("requests", LimitMetric.REQUESTS, 1_000_000_000, LimitPeriod.TOTAL);
    private static final Limit RUNNING = limit("running", LimitMetric.CONCURRENCY, 1000, LimitPeriod.NONE);

    private static Limit limit(String id, LimitMetric metric, long amount, LimitPeriod period) {
        return Limit.of(id, LimitScope.USER, metric, amount, period, LimitAlgorithm.FIXED_WINDOW, LimitOrigin.ADMIN);
    }

    private static boolean takes(RedisCounterStore store) {
        return takes(store, Asker.ONCE);
    }

    private static boolean takes(RedisCounterStore store, Asker asker) {
        List<Charge> charges = List.of(
                new Charge(REQUESTS, new CounterKey(REQUESTS.id(), "ann"), 1),
                new Charge(RUNNING, new CounterKey(RUNNING.id(), "ann"), 1));
        if (store.reserve(charges, Reservation.NONE, asker) instanceof Granted(var reservation)) {
            reservation.settle(new ActualUse(0, 0, 0));
            return true;
        }
        return false;
    }

    private static long used(RedisCounterStore store, Limit limit) {
        return store.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    private static String fault(RedisCounterStore store) {
        return String.valueOf(store.standing().fault());
    }

    @Test
    void anotherServerTakesTheAddress() throws IOException {
        try (RedisServer one = RedisServer.start();
                RedisServer two = RedisServer.start();
                TcpGate gate = new TcpGate(one.port());
                RedisCounterStore store = Stores.patient("redis://127.0.0.1:" + gate.port())) {
            Stores.awaitUp(store);
            assertThat(takes(store)).isTrue();
            one.command("REPLICAOF 127.0.0.1 " + two.port());
            assertThat(takes(store)).isTrue();
            Stores.await(() -> fault(store).contains("replica") && fault(store).contains("redis.url"));
            assertThat(takes(store)).isTrue();
            gate.leadTo(two.port());
            Stores.awaitUp(store);
            // what was counted here is told to the new one, whose scripts are there
            Stores.await(() -> used(store, REQUESTS) == 2);
            assertThat(takes(store)).isTrue();
            assertThat(used(store, REQUESTS)).isEqualTo(3);
            Stores.await(() -> used(store, RUNNING) == 0);
        }
    }

    @Test
    void aReplicaThatBecomesTheMasterIsUsedByItself() {
        try (RedisServer master = RedisServer.start();
                RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            redis.command("REPLICAOF 127.0.0.1 " + master.port());
            assertThat(takes(store)).isTrue();
            Stores.await(() -> fault(store).contains("replica"));
            redis.command("REPLICAOF NO ONE");
            Stores.awaitUp(store);
            Stores.await(() -> used(store, REQUESTS) == 1);
        }
    }

    /** What answers, but not as Redis does. */
    @Test
    void anAnswerThatIsNoneOfRedisIsSaid() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerOk(other));
            try (RedisCounterStore store = Stores.patient("redis://127.0.0.1:" + other.getLocalPort())) {
                Stores.await(() -> fault(store).contains("it does not answer as Redis does"));
                assertThat(takes(store)).isTrue();
            }
        }
    }

    private static void answerOk(ServerSocket listener) {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                for (int read = socket.getInputStream().read();
                        read >= 0;
                        read = socket.getInputStream().read()) {
                    if (read == '*') {
                        socket.getOutputStream().write("+OK\r\n".getBytes(StandardCharsets.US_ASCII));
                    }
                }
            } catch (IOException e) {
                // the client was not pleased, or the test is over
            }
        }
    }

    @Test
    void aFullMemoryIsSaid() {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            redis.command("CONFIG SET maxmemory 1");
            assertThat(takes(store)).isTrue();
            Stores.await(() -> fault(store).contains("maxmemory"));
            redis.command("CONFIG SET maxmemory 0");
            Stores.awaitUp(store);
        }
    }

    /** A node of a cluster that has other keys. */
    @Test
    void whereTheKeysAreSomewhereElseThatIsSaid() throws IOException {
        try (ServerSocket node = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> refer(node));
            try (RedisCounterStore store = Stores.patient("redis://127.0.0.1:" + node.getLocalPort())) {
                Stores.await(() -> fault(store).contains("MOVED 8000 10.0.0.7:6379"));
                assertThat(fault(store)).contains("cluster", "redis.url");
                assertThat(takes(store)).isTrue();
            }
        }
    }

    private static final String HELLO =
            "*6\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n6.2.6\r\n$5\r\nproto\r\n:2";

    private static void refer(ServerSocket node) {
        while (!node.isClosed()) {
            try (Socket socket = node.accept();
                    BufferedReader in = new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    // every command begins with how many parts it has, and its name is the second line after that
                    if (line.startsWith("*")) {
                        in.readLine();
                        String name = in.readLine();
                        String answer = name.startsWith("EVAL")
                                ? "-MOVED 8000 10.0.0.7:6379"
                                : name.equals("HELLO") ? HELLO : "+OK";
                        socket.getOutputStream().write((answer + "\r\n").getBytes(StandardCharsets.US_ASCII));
                    }
                }
            } catch (IOException e) {
                // the client was not pleased, or the test is over
            }
        }
    }

    /** Requests one after another on several threads, until it is closed. */
    private static final class Load implements AutoCloseable {
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicLong granted = new AtomicLong();
        private final Queue<Long> waits = new ConcurrentLinkedQueue<>();
        /** The longest that one waited for Redis by the store's own measure. */
        private final AtomicLong longest = new AtomicLong();

        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        private final List<Thread> threads = new ArrayList<>();

        Load(RedisCounterStore store, int parallel, Duration pause) {
            for (int i = 0; i < parallel; i++) {
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        while (!over.get()) {
                            Asking asking = new Asking();
                            long start = System.nanoTime();
                            granted.addAndGet(takes(store, asking) ? 1 : 0);
                            waits.add(System.nanoTime() - start);
                            longest.accumulateAndGet(asking.inAll().toNanos(), Math::max);
                            LockSupport.parkNanos(pause.toNanos());
                        }
                    } catch (RuntimeException | Error e) {
                        failures.add(e);
                    }
                }));
            }
        }

        void awaitMore(int requests) {
            long until = granted.get() + requests;
            Stores.await(() -> granted.get() >= until || !failures.isEmpty());
        }

        @Override
        public void close() {
            over.set(true);
            try {
                for (Thread thread : threads) {
                    thread.join();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void killedUnderLoadNoRequestFailsNothingIsForgottenThatWasCountedHereAndNoSlotIsLost() {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.inService(redis.url(), false)) {
            Stores.awaitUp(store);
            Load load = new Load(store, 16, Duration.ofMillis(1));
            long before;
            try (load) {
                load.awaitMore(200);
                redis.kill();
                // each of the sixteen may have one on its way that Redis granted before
                before = load.granted.get() + 16;
                Stores.awaitAway(store);
                load.awaitMore(200);
                redis.again();
                Stores.awaitUp(store);
                load.awaitMore(200);
            }
            assertThat(load.failures).isEmpty();
            Stores.awaitUp(store);
            long since = load.granted.get() - before;
            Stores.await(() -> used(store, REQUESTS) >= since && used(store, RUNNING) == 0);
        }
    }

    @Test
    @Tag("proof")
    void standingStillForTenSecondsUnderLoadItHoldsUpNobody() {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.inService(redis.url(), false)) {
            Stores.awaitUp(store);
            Load load = new Load(store, 8, Duration.ofMillis(2));
            Hiccups hiccups = new Hiccups();
            try (load;
                    hiccups) {
                load.awaitMore(200);
                redis.stop();
                load.waits.clear();
                load.longest.set(0);
                LockSupport.parkNanos(Duration.ofSeconds(10).toNanos());
                redis.goOn();
            }
            List<Long> waits = new ArrayList<>(load.waits);
            Collections.sort(waits);
            assertThat(load.failures).isEmpty();
            assertThat(waits).hasSizeGreaterThan(500);
            long usual = waits.get(waits.size() * 99 / 100);
            System.out.printf(
                    "Redis stood still for 10 s: %d requests, p99 %.2f ms, longest %.1f ms; the machine was late by %.1f ms%n",
                    waits.size(),
                    usual / 1e6,
                    load.longest.get() / 1e6,
                    hiccups.longest().toNanos() / 1e6);
            assertThat(Duration.ofNanos(usual)).isLessThan(RedisLine.PATIENCE);
            assertThat(Duration.ofNanos(waits.getLast())).isLessThan(Duration.ofSeconds(5));
            assertThat(Duration.ofNanos(load.longest.get())).isPositive().isLessThan(Stores.patience(hiccups));
            Stores.awaitUp(store);
            // granted in Redis to nobody and given back, granted here and told
            Stores.await(() -> used(store, REQUESTS) == load.granted.get() && used(store, RUNNING) == 0);
        }
    }
}
