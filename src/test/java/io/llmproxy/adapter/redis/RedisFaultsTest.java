package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.admin.AdminCommand.ResetLimit;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.CounterStore.Asker;
import io.llmproxy.port.StoreException;
import io.llmproxy.testing.AdminFixture;
import io.llmproxy.testing.Hiccups;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Redis that is away, stands still, forgets, or does not let us in. */
class RedisFaultsTest {
    private static final Limit TOKENS = Limit.of(
            "tokens",
            LimitScope.USER,
            LimitMetric.TOKENS,
            1000,
            LimitPeriod.TOTAL,
            LimitAlgorithm.FIXED_WINDOW,
            LimitOrigin.ADMIN);
    private static final Limit RUNNING = Limit.of(
            "running",
            LimitScope.USER,
            LimitMetric.CONCURRENCY,
            10,
            LimitPeriod.NONE,
            LimitAlgorithm.FIXED_WINDOW,
            LimitOrigin.ADMIN);

    private static Charge charge(Limit limit, long amount) {
        return new Charge(limit, new CounterKey(limit.id(), "ann"), amount);
    }

    private static LimitDecision take(RedisCounterStore store, long tokens) {
        return store.reserve(List.of(charge(TOKENS, tokens)));
    }

    private static ActualUse tokens(long used) {
        return new ActualUse(used, 0, ActualUse.UNKNOWN);
    }

    private static long used(RedisCounterStore store, Limit limit) {
        return store.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    @Test
    void awayAtTheStartItIsCountedHereAndToldOnceWhenItIsThere() {
        int port = RedisServer.freePort();
        try (RedisCounterStore store = Stores.patient("redis://127.0.0.1:" + port)) {
            assertThat(store.standing().fault()).contains("no connection");
            Granted running = (Granted) take(store, 600);
            ((Granted) take(store, 300)).reservation().settle(tokens(50));
            assertThat(take(store, 400)).isInstanceOf(Denied.class);
            try (RedisServer redis = RedisServer.startOn(port)) {
                Stores.awaitUp(store);
                Stores.await(() -> used(store, TOKENS) == 50);
                running.reservation().settle(tokens(500));
                running.reservation().settle(tokens(500));
                Stores.await(() -> used(store, TOKENS) == 550);
                assertThat(redis.command("EXISTS {llmproxy}:leases")).isEqualTo(":1");
            }
        }
    }

    @Test
    void refusesWhereTheOperatorWantsThat() {
        try (RedisCounterStore store = Stores.inService("redis://127.0.0.1:" + RedisServer.freePort(), true)) {
            assertThatThrownBy(() -> take(store, 1)).isInstanceOfSatisfying(ProxyException.class, e -> {
                assertThat(e.error().status()).isEqualTo(503);
                assertThat(e.error().message()).contains("limits");
            });
            assertThatThrownBy(() -> store.admit(List.of(charge(RUNNING, 1)), true, Asker.ONCE))
                    .isInstanceOf(ProxyException.class);
            assertThatThrownBy(() -> store.reset(TOKENS)).isInstanceOf(StoreException.CountersAway.class);
        }
    }

    @Test
    void whoResetsALimitMeanwhileIsToldThatRedisIsAwayAndNotTheDatabase() {
        int port = RedisServer.freePort();
        AdminFixture f = new AdminFixture();
        try (RedisCounterStore store = Stores.inService("redis://127.0.0.1:" + port, false)) {
            CommandExecutor executor = f.counting(store);
            executor.execute(
                    AdminFixture.ADMIN,
                    new SetLimit(
                            null,
                            LimitScope.GLOBAL,
                            null,
                            LimitMetric.REQUESTS,
                            5,
                            LimitPeriod.DAY,
                            null,
                            6,
                            LimitMode.HARD));
            Limit limit = f.memory.limits().list(null).getFirst();
            assertThatThrownBy(() -> executor.execute(AdminFixture.ADMIN, new ResetLimit(null, limit.id())))
                    .isInstanceOfSatisfying(
                            AdminException.class,
                            e -> assertThat(e.reason()).isEqualTo(AdminException.Reason.UNAVAILABLE))
                    .hasMessageContaining("Redis, where limits are counted, does not answer")
                    .hasMessageNotContaining("database")
                    .hasMessageNotContaining(String.valueOf(port));
        }
    }

    @Test
    void killedInTheMiddleItIsCountedHereAndBackByItself() {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.patient(redis.url())) {
            AtomicInteger forgotten = new AtomicInteger();
            store.onForgotten(forgotten::incrementAndGet);
            Stores.awaitUp(store);
            Granted before = (Granted) take(store, 100);
            redis.kill();
            Stores.awaitAway(store);
            Granted here = (Granted) take(store, 200);
            before.reservation().settle(tokens(70));
            redis.again();
            Stores.awaitUp(store);
            here.reservation().settle(tokens(120));
            // what it had counted is gone with it; what was counted here is not
            Stores.await(() -> used(store, TOKENS) == 120);
            Stores.await(() -> forgotten.get() > 0);
        }
    }

    @Test
    void standingStillNoRequestWaitsForItAndNothingIsCountedTwice() throws InterruptedException {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.inService(redis.url(), false)) {
            Stores.awaitUp(store);
            ((Granted) take(store, 1)).reservation().settle(tokens(1));
            redis.stop();
            List<Thread> threads = new ArrayList<>();
            AtomicLong longest = new AtomicLong();
            AtomicInteger granted = new AtomicInteger();
            Hiccups hiccups = new Hiccups();
            try (hiccups) {
                for (int i = 0; i < 20; i++) {
                    threads.add(Thread.ofVirtual().start(() -> {
                        Asking asking = new Asking();
                        if (store.reserve(List.of(charge(TOKENS, 10), charge(RUNNING, 1)), Reservation.NONE, asking)
                                instanceof Granted(var reservation)) {
                            granted.incrementAndGet();
                            reservation.settle(tokens(10));
                        }
                        longest.accumulateAndGet(asking.inAll().toNanos(), Math::max);
                    }));
                }
                for (Thread thread : threads) {
                    thread.join();
                }
            }
            Stores.awaitAway(store);
            assertThat(Duration.ofNanos(longest.get())).isPositive().isLessThan(Stores.patience(hiccups));
            redis.goOn();
            Stores.awaitUp(store);
            // granted in Redis to nobody, and given back; granted here, and told
            Stores.await(() -> used(store, TOKENS) == 1 + 10L * granted.get());
            Stores.await(() -> used(store, RUNNING) == 0);
        }
    }

    @Test
    void flushedItBeginsAnewAndAsksForWhatTheLedgerKnows() {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            store.onForgotten(() -> store.seed(charge(TOKENS, 900)));
            Granted granted = (Granted) take(store, 800);
            redis.command("FLUSHALL");
            granted.reservation().settle(tokens(5));
            Stores.await(() -> used(store, TOKENS) == 900);
            assertThat(take(store, 101)).isInstanceOf(Denied.class);
        }
    }

    @Test
    void aWrongPasswordIsSaid() {
        try (RedisServer redis = RedisServer.start("--requirepass", "right");
                RedisCounterStore wrong = withPassword(redis, "wrong");
                RedisCounterStore none = withPassword(redis, null);
                RedisCounterStore right = withPassword(redis, "right")) {
            Stores.awaitUp(right);
            Stores.await(() -> fault(wrong).contains("password"));
            Stores.await(() -> fault(none).contains("password"));
            assertThat(fault(wrong)).doesNotContain("wrong");
            assertThat(take(wrong, 1)).isInstanceOf(Granted.class);
        }
    }

    private static String fault(RedisCounterStore store) {
        return String.valueOf(store.standing().fault());
    }

    private static RedisCounterStore withPassword(RedisServer redis, @Nullable String password) {
        RedisCounterStore store = new RedisCounterStore(
                new RedisCounterStore.Settings(
                        RedisAddress.of(redis.url(), password == null ? null : new Secret(password)), false, "acme"),
                new MemoryCounterStore(InstantSource.system()),
                InstantSource.system());
        store.start();
        return store;
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefused(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.of(directory, "ip:127.0.0.1");
        try (ServerSocket other = certificate
                .server()
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> greet(other));
            RedisCounterStore store = Stores.inService("rediss://127.0.0.1:" + other.getLocalPort(), false);
            Stores.await(() -> fault(store).contains("no connection can be made"));
            assertThat(take(store, 1)).isInstanceOf(Granted.class);
            store.close();
        }
    }

    @Test
    void aServerThatSpeaksNoRedis() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> greet(other));
            RedisCounterStore store = Stores.inService("redis://127.0.0.1:" + other.getLocalPort(), false);
            assertThat(take(store, 1)).isInstanceOf(Granted.class);
            assertThat(store.standing().fault()).isNotNull();
            store.close();
        }
    }

    private static void greet(ServerSocket listener) {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                socket.getOutputStream().write("220 mail.example\r\n".getBytes(StandardCharsets.US_ASCII));
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                // the client was not pleased
            }
        }
    }

    @Test
    void limitsAreDividedByTheProcessesThatWereKnown() {
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore one = Stores.patient(redis.url());
                RedisCounterStore two = Stores.patient(redis.url())) {
            Stores.awaitUp(one);
            Stores.awaitUp(two);
            Stores.await(() -> one.standing().processes() == 2 && two.standing().processes() == 2);
            redis.kill();
            Stores.awaitAway(one);
            Stores.awaitAway(two);
            assertThat(take(one, 500)).isInstanceOf(Granted.class);
            assertThat(take(one, 1)).isInstanceOf(Denied.class);
            assertThat(take(two, 500)).isInstanceOf(Granted.class);
            assertThat(take(two, 1)).isInstanceOf(Denied.class);
        }
    }
}
