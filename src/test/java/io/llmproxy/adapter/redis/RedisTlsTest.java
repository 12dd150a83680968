package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Redis behind TLS. */
class RedisTlsTest {
    private static final Limit LIMIT = Limit.of(
            "requests",
            LimitScope.USER,
            LimitMetric.REQUESTS,
            2,
            LimitPeriod.HOUR,
            LimitAlgorithm.FIXED_WINDOW,
            LimitOrigin.ADMIN);
    private static final List<Charge> ONE = List.of(new Charge(LIMIT, new CounterKey(LIMIT.id(), "ann"), 1));

    @TempDir
    private Path directory;

    private static TcpGate behind(TestCertificate certificate, RedisServer redis) throws IOException {
        return new TcpGate(
                redis.port(),
                certificate
                        .server()
                        .getServerSocketFactory()
                        .createServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    private RedisCounterStore store(TcpGate gate, @Nullable Path caFile) throws IOException {
        RedisAddress address = RedisAddress.of("rediss://127.0.0.1:" + gate.port() + "/3", new Secret("right"), caFile);
        RedisCounterStore store = new RedisCounterStore(
                new RedisCounterStore.Settings(address, false, "acme"),
                new MemoryCounterStore(InstantSource.system()),
                InstantSource.system(),
                () -> System.currentTimeMillis() * 1000,
                false,
                Duration.ofSeconds(30));
        store.start();
        return store;
    }

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("ca.pem"), content);
    }

    private static String fault(RedisCounterStore store) {
        return String.valueOf(store.standing().fault());
    }

    @Test
    void countsBehindTlsByAnAuthorityOfItsOwn() throws Exception {
        TestCertificate certificate = TestCertificate.of(directory, "ip:127.0.0.1");
        Path authority = file("An authority of our own\n" + certificate.certificatePem());
        try (RedisServer redis = RedisServer.start("--requirepass", "right");
                TcpGate gate = behind(certificate, redis);
                RedisCounterStore store = store(gate, authority)) {
            Stores.awaitUp(store);
            assertThat(store.reserve(ONE)).isInstanceOf(Granted.class);
            assertThat(store.reserve(ONE)).isInstanceOf(Granted.class);
            assertThat(store.reserve(ONE)).isInstanceOf(Denied.class);
            assertThat(store.used(LIMIT)).containsValue(2L);
            gate.shut();
            Stores.awaitAway(store);
            gate.open();
            Stores.awaitUp(store);
            assertThat(store.reserve(ONE)).isInstanceOf(Denied.class);
        }
    }

    @Test
    void aCertificateOfAnotherNameIsRefusedAlsoWhereItsAuthorityIsBelieved() throws Exception {
        TestCertificate certificate = TestCertificate.of(directory, "dns:redis.example,ip:127.0.0.2");
        Path authority = file(certificate.certificatePem());
        try (RedisServer redis = RedisServer.start("--requirepass", "right");
                TcpGate gate = behind(certificate, redis);
                RedisCounterStore store = store(gate, authority)) {
            Stores.await(() -> fault(store).contains("no connection can be made"));
            assertThat(store.reserve(ONE)).isInstanceOf(Granted.class);
        }
    }

    @Test
    void anAuthorityThatIsNotGivenIsNotBelieved() throws Exception {
        TestCertificate certificate = TestCertificate.of(directory, "ip:127.0.0.1");
        try (RedisServer redis = RedisServer.start("--requirepass", "right");
                TcpGate gate = behind(certificate, redis);
                RedisCounterStore store = store(gate, null)) {
            Stores.await(() -> fault(store).contains("no connection can be made"));
        }
    }

    @Test
    void aFileWithoutACertificateIsNamed() throws Exception {
        Path empty = file("");
        Path key = Files.writeString(directory.resolve("key.pem"), "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n");
        for (Path wrong : List.of(empty, key)) {
            assertThatThrownBy(() -> RedisAddress.of("rediss://127.0.0.1", null, wrong))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("redis.ca-file")
                    .hasMessageContaining(wrong.toString())
                    .hasMessageNotContaining("c2VjcmV0");
        }
        assertThatThrownBy(() -> RedisAddress.of("rediss://127.0.0.1", null, directory.resolve("none")))
                .isInstanceOf(IOException.class);
    }
}
